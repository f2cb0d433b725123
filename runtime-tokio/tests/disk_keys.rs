//! Keys of sources and sinks on a real disk: what they may name, and what not.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use helpline_tokio::files::FileKeys;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("helpline-keys-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(path.join("root/sub")).unwrap();
        fs::write(path.join("secret"), "secret").unwrap();
        fs::write(path.join("root/sub/a.txt"), "a").unwrap();
        Self(path)
    }

    fn root(&self) -> PathBuf {
        self.0.join("root")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

async fn read(keys: &FileKeys, key: &str) -> Result<Vec<u8>, String> {
    let source = keys.source(key).map_err(|fault| fault.to_string())?;
    let pieces: Vec<Bytes> = source.open().try_collect().await.map_err(|error| error.to_string())?;
    Ok(pieces.concat())
}

async fn write(keys: &FileKeys, key: &str) -> Result<(), String> {
    let mut writer = keys.sink(key).map_err(|fault| fault.to_string())?.open();
    writer.write(Bytes::from_static(b"new")).await.map_err(|error| error.to_string())?;
    writer.finish().await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn within_a_folder_plain_paths_are_files() {
    let folder = Folder::new("plain");
    let keys = FileKeys::within(folder.root());
    assert_eq!(read(&keys, "sub/a.txt").await.unwrap(), b"a");
    write(&keys, "sub/b.txt").await.unwrap();
    assert_eq!(fs::read_to_string(folder.root().join("sub/b.txt")).unwrap(), "new");
    assert!(write(&keys, "sub/b.txt").await.is_err(), "no file is replaced");
    assert!(read(&keys, "sub").await.is_err(), "a folder is no file");
    assert!(read(&keys, "none").await.is_err());
    assert!(write(&keys, "none/b.txt").await.is_err(), "no folder is made");
}

#[tokio::test]
async fn nothing_leads_out_of_the_folder() {
    let folder = Folder::new("out");
    let keys = FileKeys::within(folder.root());
    let absolute = folder.0.join("secret").to_string_lossy().into_owned();
    for key in ["", "..", "../secret", "sub/../../secret", ".", "./sub/a.txt", "c:\\x", "a\0b", &absolute] {
        assert!(read(&keys, key).await.is_err(), "{key:?}");
        assert!(write(&keys, key).await.is_err(), "{key:?}");
    }
    for key in [".hidden", "sub/.bashrc", "nul.txt", "sub/a\nb", "a."] {
        let refused = write(&keys, key).await.unwrap_err();
        assert!(refused.contains("is not allowed"), "{refused}");
    }
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2);
    assert_eq!(fs::read_dir(folder.root()).unwrap().count(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn no_link_leads_out_of_the_folder() {
    let folder = Folder::new("links");
    let keys = FileKeys::within(folder.root());
    std::os::unix::fs::symlink(folder.0.join("secret"), folder.root().join("link")).unwrap();
    std::os::unix::fs::symlink(&folder.0, folder.root().join("up")).unwrap();
    std::os::unix::fs::symlink(folder.root().join("sub"), folder.root().join("inside")).unwrap();
    for key in ["link", "up/secret"] {
        let refused = read(&keys, key).await.unwrap_err();
        assert!(refused.contains("a link leads out"), "{refused}");
    }
    assert!(write(&keys, "up/new").await.unwrap_err().contains("a link leads out"));
    assert!(write(&keys, "link").await.is_err());
    assert_eq!(read(&keys, "inside/a.txt").await.unwrap(), b"a", "a link that stays inside is fine");
    assert_eq!(fs::read_to_string(folder.0.join("secret")).unwrap(), "secret");
    assert!(!folder.0.join("new").exists());
}

#[tokio::test]
async fn anywhere_is_anywhere_and_still_replaces_nothing() {
    let folder = Folder::new("anywhere");
    let path = |name: &str| folder.0.join(name).to_string_lossy().into_owned();
    let keys = FileKeys::anywhere();
    assert_eq!(read(&keys, &path("secret")).await.unwrap(), b"secret");
    assert!(write(&keys, &path("secret")).await.is_err());
    write(&keys, &path("root/../.new")).await.unwrap();
    assert_eq!(read(&keys, &path(".new")).await.unwrap(), b"new");
}
