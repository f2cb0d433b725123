//! Files that are written on a real disk: whole under their names, or not at all.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use futures_util::FutureExt as _;
use helpline_protocol::driver::ByteSink as _;
use helpline_tokio::files::FileSink;

/// A folder of the test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("helpline-sink-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

async fn write(sink: &FileSink, pieces: &[&'static str]) -> io::Result<PathBuf> {
    let mut writer = sink.open();
    for piece in pieces {
        writer.write(Bytes::from_static(piece.as_bytes())).await?;
    }
    writer.finish().await?;
    Ok(sink.path().expect("a path, as it is written"))
}

#[tokio::test]
async fn a_file_has_its_name_once_it_is_whole() {
    let folder = Folder::new();
    let sink = FileSink::in_folder(&folder.0, "../a.txt");
    let mut writer = sink.open();
    writer.write(Bytes::from_static(b"one")).await.unwrap();
    let names = folder.names();
    assert!(names.len() == 1 && names[0].ends_with(".part"), "{names:?}");
    assert_eq!(sink.path(), None);
    writer.finish().await.unwrap();
    assert_eq!(folder.names(), ["_a.txt"]);
    assert_eq!(sink.path(), Some(folder.0.join("_a.txt")));
    assert_eq!(fs::read_to_string(folder.0.join("_a.txt")).unwrap(), "one");
}

#[tokio::test]
async fn what_is_not_finished_leaves_nothing() {
    let folder = Folder::new();
    let sink = FileSink::in_folder(&folder.0, "a.txt");
    let mut writer = sink.open();
    writer.write(Bytes::from_static(b"half")).await.unwrap();
    assert_eq!(folder.names().len(), 1);
    drop(writer);
    assert_eq!(folder.names(), [""; 0]);
    assert_eq!(write(&sink, &["whole"]).await.unwrap(), folder.0.join("a.txt"));
}

#[tokio::test]
async fn nothing_is_left_where_it_is_given_up_while_the_file_is_made() {
    let folder = Folder::new();
    let sink = FileSink::in_folder(&folder.0, "a.txt");
    {
        let mut writer = sink.open();
        let mut write = writer.write(Bytes::from_static(b"half"));
        assert!((&mut write).now_or_never().is_none());
    }
    for _ in 0..1000 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        if folder.names().is_empty() {
            return;
        }
    }
    panic!("{:?}", folder.names());
}

#[tokio::test]
async fn no_file_is_replaced() {
    let folder = Folder::new();
    fs::write(folder.0.join("a.txt"), "older").unwrap();
    let mut paths = Vec::new();
    for text in ["one", "two"] {
        let sink = FileSink::in_folder(&folder.0, "a.txt");
        paths.push((write(&sink, &[text]).await.unwrap(), text));
    }
    assert_eq!(folder.names(), ["a (1).txt", "a (2).txt", "a.txt"]);
    assert_eq!(fs::read_to_string(folder.0.join("a.txt")).unwrap(), "older");
    for (path, text) in paths {
        assert_eq!(fs::read_to_string(path).unwrap(), text);
    }
}

#[tokio::test]
async fn many_at_once_have_names_of_their_own() {
    let folder = Folder::new();
    let sinks: Vec<_> = (0..20).map(|_| FileSink::in_folder(&folder.0, "a")).collect();
    let written = futures_util::future::join_all(sinks.iter().map(|sink| write(sink, &["x"]))).await;
    let mut paths: Vec<_> = written.into_iter().map(Result::unwrap).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 20);
    assert_eq!(folder.names().len(), 20);
}

#[tokio::test]
async fn a_path_of_ones_own_is_just_that_or_nothing() {
    let folder = Folder::new();
    let path = folder.0.join(".hidden");
    assert_eq!(write(&FileSink::at(&path), &["one", "two"]).await.unwrap(), path);
    let again = write(&FileSink::at(&path), &["three"]).await.unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&path).unwrap(), "onetwo");
    let nowhere = write(&FileSink::at(folder.0.join("none/a")), &["x"]).await.unwrap_err();
    assert_eq!(nowhere.kind(), io::ErrorKind::NotFound);

    let late = FileSink::at(folder.0.join("late"));
    let mut writer = late.open();
    writer.write(Bytes::from_static(b"x")).await.unwrap();
    fs::write(folder.0.join("late"), "first").unwrap();
    assert_eq!(writer.finish().await.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(folder.names(), [".hidden", "late"]);
    assert_eq!(fs::read_to_string(folder.0.join("late")).unwrap(), "first");
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let folder = Folder::new();
    write(&FileSink::in_folder(&folder.0, "empty"), &[]).await.unwrap();
    assert_eq!(folder.names(), ["empty"]);
}
