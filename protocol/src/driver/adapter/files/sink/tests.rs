use core::future::{Future, ready};
use std::collections::BTreeMap;
use std::sync::MutexGuard;

use futures_util::FutureExt as _;

use super::*;

type Files = BTreeMap<PathBuf, Arc<Mutex<Vec<u8>>>>;

/// A disk in memory that has no second names for files. Each test has its own, under a folder's name.
#[derive(Clone, Debug, Default)]
struct Linkless {
    files: Arc<Mutex<Files>>,
    no_renames: bool,
    numbers: Arc<Mutex<u64>>,
}

impl Linkless {
    fn names(&self) -> Vec<String> {
        locked(&self.files).keys().map(|path| path.display().to_string()).collect()
    }

    fn put(&self, path: &str, text: &str) {
        let text = Arc::new(Mutex::new(text.as_bytes().to_vec()));
        locked(&self.files).insert(PathBuf::from(path), text);
    }

    fn text(&self, path: &str) -> String {
        let files = locked(&self.files);
        String::from_utf8(locked(&files[Path::new(path)]).clone()).unwrap()
    }

    fn sink(&self, path: &str, taken: Taken) -> FileSink<Self> {
        let place = Place { path: PathBuf::from(path), taken, root: None };
        FileSink { disk: self.clone(), place: Arc::new(place), written: Arc::default() }
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl io::Read for Text {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.starts_with(b"full") {
            return Err(io::ErrorKind::StorageFull.into());
        }
        locked(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Disk for Linkless {
    type File = Text;

    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> impl Future<Output = io::Result<T>> + Send {
        ready(work(self))
    }

    fn size(&self, _: &Path) -> io::Result<Option<u64>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn is_taken(&self, path: &Path) -> bool {
        locked(&self.files).contains_key(path)
    }

    fn open(&self, _: &Path) -> io::Result<Text> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn is_file(&self, _: &Text) -> io::Result<bool> {
        Ok(true)
    }

    fn create_new(&self, path: &Path) -> io::Result<Text> {
        if self.is_taken(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let text = Arc::new(Mutex::new(Vec::new()));
        locked(&self.files).insert(path.to_path_buf(), text.clone());
        Ok(Text(text))
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_path_buf())
    }

    fn link(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.no_renames {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut files = locked(&self.files);
        let text = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_path_buf(), text);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let removed = locked(&self.files).remove(path);
        removed.map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn unguessable(&self) -> u64 {
        let mut number = locked(&self.numbers);
        *number += 1;
        *number
    }
}

fn write(sink: &FileSink<Linkless>, text: &'static str) -> io::Result<()> {
    let mut writer = sink.open();
    let written = writer.write(Bytes::from_static(text.as_bytes())).now_or_never();
    written.expect("this disk lets nobody wait")?;
    writer.finish().now_or_never().expect("nor here")
}

#[test]
fn without_links_the_name_is_taken_first_and_still_nothing_is_replaced() {
    let disk = Linkless::default();
    disk.put("a.txt", "older");
    let sink = disk.sink("a.txt", Taken::Number);
    write(&sink, "new").unwrap();
    assert_eq!(disk.names(), ["a (1).txt", "a.txt"]);
    assert_eq!((disk.text("a.txt"), disk.text("a (1).txt")), ("older".to_owned(), "new".to_owned()));
    assert_eq!(sink.path(), Some(PathBuf::from("a (1).txt")));
    let refused = write(&disk.sink("a.txt", Taken::Fail), "new").unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
}

#[test]
fn a_name_that_was_taken_in_vain_is_given_back() {
    let disk = Linkless { no_renames: true, ..Linkless::default() };
    assert!(write(&disk.sink("a.txt", Taken::Number), "new").is_err());
    assert_eq!(disk.names(), [""; 0]);
}

#[test]
fn after_a_piece_that_could_not_be_written_nothing_more_is() {
    let disk = Linkless::default();
    let mut writer = disk.sink("a.txt", Taken::Fail).open();
    writer.write(Bytes::from_static(b"one")).now_or_never().unwrap().unwrap();
    let full = writer.write(Bytes::from_static(b"full")).now_or_never().unwrap().unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    assert_eq!(disk.names(), [""; 0], "what was begun is gone");
    let broken = writer.write(Bytes::from_static(b"two")).now_or_never().unwrap().unwrap_err();
    assert_eq!(broken.kind(), io::ErrorKind::BrokenPipe, "a file without its first part must not come to be");
    assert_eq!(writer.finish().now_or_never().unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(disk.names(), [""; 0]);
}
