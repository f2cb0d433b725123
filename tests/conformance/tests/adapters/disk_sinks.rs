//! Files that are written on a real disk: whole under their names, or not at all.

use std::fs;
use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::FutureExt as _;
use helpline_conformance::on_each_runtime;
use helpline_conformance::servers::storage::Folder;
use helpline_protocol::driver::ByteSink as _;
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::adapter::files::{Disk, FileSink};

async fn write(sink: &FileSink<impl Disk>, pieces: &[&'static str]) -> io::Result<PathBuf> {
    let mut writer = sink.open();
    for piece in pieces {
        writer.write(Bytes::from_static(piece.as_bytes())).await?;
    }
    writer.finish().await?;
    Ok(sink.path().expect("a path, as it is written"))
}

async fn a_file_has_its_name_once_it_is_whole<A: Adapter>() {
    let folder = Folder::new("sinks");
    let sink = FileSink::<A>::in_folder(&*folder.0, "../a.txt");
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

async fn what_is_not_finished_leaves_nothing<A: Adapter>() {
    let folder = Folder::new("sinks");
    let sink = FileSink::<A>::in_folder(&*folder.0, "a.txt");
    let mut writer = sink.open();
    writer.write(Bytes::from_static(b"half")).await.unwrap();
    assert_eq!(folder.names().len(), 1);
    drop(writer);
    assert_eq!(folder.names(), [""; 0]);
    assert_eq!(write(&sink, &["whole"]).await.unwrap(), folder.0.join("a.txt"));
}

async fn nothing_is_left_where_it_is_given_up_while_the_file_is_made<A: Adapter>() {
    let folder = Folder::new("sinks");
    let sink = FileSink::<A>::in_folder(&*folder.0, "a.txt");
    {
        let mut writer = sink.open();
        let mut write = writer.write(Bytes::from_static(b"half"));
        drop((&mut write).now_or_never());
    }
    for _ in 0..1000 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        if folder.names().is_empty() {
            return;
        }
    }
    panic!("{:?}", folder.names());
}

async fn no_file_is_replaced<A: Adapter>() {
    let folder = Folder::new("sinks");
    fs::write(folder.0.join("a.txt"), "older").unwrap();
    let mut paths = Vec::new();
    for text in ["one", "two"] {
        let sink = FileSink::<A>::in_folder(&*folder.0, "a.txt");
        paths.push((write(&sink, &[text]).await.unwrap(), text));
    }
    assert_eq!(folder.names(), ["a (1).txt", "a (2).txt", "a.txt"]);
    assert_eq!(fs::read_to_string(folder.0.join("a.txt")).unwrap(), "older");
    for (path, text) in paths {
        assert_eq!(fs::read_to_string(path).unwrap(), text);
    }
}

async fn many_at_once_have_names_of_their_own<A: Adapter>() {
    let folder = Folder::new("sinks");
    let sinks: Vec<_> = (0..20).map(|_| FileSink::<A>::in_folder(&*folder.0, "a")).collect();
    let written = futures_util::future::join_all(sinks.iter().map(|sink| write(sink, &["x"]))).await;
    let mut paths: Vec<_> = written.into_iter().map(Result::unwrap).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 20);
    assert_eq!(folder.names().len(), 20);
}

async fn a_path_of_ones_own_is_just_that_or_nothing<A: Adapter>() {
    let folder = Folder::new("sinks");
    let path = folder.0.join(".hidden");
    assert_eq!(write(&FileSink::<A>::at(&path), &["one", "two"]).await.unwrap(), path);
    let again = write(&FileSink::<A>::at(&path), &["three"]).await.unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&path).unwrap(), "onetwo");
    let nowhere = write(&FileSink::<A>::at(folder.0.join("none/a")), &["x"]).await.unwrap_err();
    assert_eq!(nowhere.kind(), io::ErrorKind::NotFound);

    let late = FileSink::<A>::at(folder.0.join("late"));
    let mut writer = late.open();
    writer.write(Bytes::from_static(b"x")).await.unwrap();
    fs::write(folder.0.join("late"), "first").unwrap();
    assert_eq!(writer.finish().await.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(folder.names(), [".hidden", "late"]);
    assert_eq!(fs::read_to_string(folder.0.join("late")).unwrap(), "first");
}

async fn an_empty_file_is_a_file<A: Adapter>() {
    let folder = Folder::new("sinks");
    write(&FileSink::<A>::in_folder(&*folder.0, "empty"), &[]).await.unwrap();
    assert_eq!(folder.names(), ["empty"]);
}

on_each_runtime!(
    a_file_has_its_name_once_it_is_whole,
    what_is_not_finished_leaves_nothing,
    nothing_is_left_where_it_is_given_up_while_the_file_is_made,
    no_file_is_replaced,
    many_at_once_have_names_of_their_own,
    a_path_of_ones_own_is_just_that_or_nothing,
    an_empty_file_is_a_file,
);
