//! Keys of sources and sinks on a real disk: what they may name, and what not.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use helpline_conformance::on_each_runtime;
use helpline_conformance::servers::storage::Folder;
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::adapter::files::{Disk, FileKeys};

/// A folder with a secret, and a folder within that has none.
struct Rooted(Folder);

impl Rooted {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        fs::create_dir_all(folder.0.join("root/sub")).unwrap();
        fs::write(folder.0.join("secret"), "secret").unwrap();
        fs::write(folder.0.join("root/sub/a.txt"), "a").unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        &self.0.0
    }

    fn root(&self) -> PathBuf {
        self.path().join("root")
    }
}

async fn read(keys: &FileKeys<impl Disk>, key: &str) -> Result<Vec<u8>, String> {
    let source = keys.source(key).map_err(|fault| fault.to_string())?;
    let pieces: Vec<Bytes> = source.open().try_collect().await.map_err(|error| error.to_string())?;
    Ok(pieces.concat())
}

async fn write(keys: &FileKeys<impl Disk>, key: &str) -> Result<(), String> {
    let mut writer = keys.sink(key).map_err(|fault| fault.to_string())?.open();
    writer.write(Bytes::from_static(b"new")).await.map_err(|error| error.to_string())?;
    writer.finish().await.map_err(|error| error.to_string())
}

async fn within_a_folder_plain_paths_are_files<A: Adapter>() {
    let folder = Rooted::new("plain");
    let keys = FileKeys::<A>::within(folder.root());
    assert_eq!(read(&keys, "sub/a.txt").await.unwrap(), b"a");
    write(&keys, "sub/b.txt").await.unwrap();
    assert_eq!(fs::read_to_string(folder.root().join("sub/b.txt")).unwrap(), "new");
    assert!(write(&keys, "sub/b.txt").await.is_err(), "no file is replaced");
    assert!(read(&keys, "sub").await.is_err(), "a folder is no file");
    assert!(read(&keys, "none").await.is_err());
    assert!(write(&keys, "none/b.txt").await.is_err(), "no folder is made");
}

async fn nothing_leads_out_of_the_folder<A: Adapter>() {
    let folder = Rooted::new("out");
    let keys = FileKeys::<A>::within(folder.root());
    let absolute = folder.path().join("secret").to_string_lossy().into_owned();
    for key in ["", "..", "../secret", "sub/../../secret", ".", "./sub/a.txt", "c:\\x", "a\0b", &absolute] {
        assert!(read(&keys, key).await.is_err(), "{key:?}");
        assert!(write(&keys, key).await.is_err(), "{key:?}");
    }
    for key in [".hidden", "sub/.bashrc", "nul.txt", "sub/a\nb", "a."] {
        let refused = write(&keys, key).await.unwrap_err();
        assert!(refused.contains("is not allowed"), "{refused}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert_eq!(fs::read_dir(folder.root()).unwrap().count(), 1);
}

#[cfg(unix)]
async fn no_link_leads_out_of_the_folder<A: Adapter>() {
    let folder = Rooted::new("links");
    let keys = FileKeys::<A>::within(folder.root());
    std::os::unix::fs::symlink(folder.path().join("secret"), folder.root().join("link")).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.root().join("up")).unwrap();
    std::os::unix::fs::symlink(folder.root().join("sub"), folder.root().join("inside")).unwrap();
    for key in ["link", "up/secret"] {
        let refused = read(&keys, key).await.unwrap_err();
        assert!(refused.contains("a link leads out"), "{refused}");
    }
    assert!(write(&keys, "up/new").await.unwrap_err().contains("a link leads out"));
    assert!(write(&keys, "link").await.is_err());
    assert_eq!(read(&keys, "inside/a.txt").await.unwrap(), b"a", "a link that stays inside is fine");
    assert_eq!(fs::read_to_string(folder.path().join("secret")).unwrap(), "secret");
    assert!(!folder.path().join("new").exists());
}

async fn anywhere_is_anywhere_and_still_replaces_nothing<A: Adapter>() {
    let folder = Rooted::new("anywhere");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let keys = FileKeys::<A>::anywhere();
    assert_eq!(read(&keys, &path("secret")).await.unwrap(), b"secret");
    assert!(write(&keys, &path("secret")).await.is_err());
    write(&keys, &path("root/../.new")).await.unwrap();
    assert_eq!(read(&keys, &path(".new")).await.unwrap(), b"new");
}

on_each_runtime!(
    within_a_folder_plain_paths_are_files,
    nothing_leads_out_of_the_folder,
    no_link_leads_out_of_the_folder,
    anywhere_is_anywhere_and_still_replaces_nothing,
);
