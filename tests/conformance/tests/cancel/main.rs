//! Every public async method, dropped at every await: before it is polled, after its first poll, its second, and so
//! on until it comes to its end. Nothing is lost or doubled by it: the session goes on, what was handed over is
//! with the provider once, and what the user was told adds up to the transcript.
//!
//! [`calls`] has the methods of `Chat` and its like, [`drivers`] those of `Driver` and `Hub`; a test holds both
//! against the sources.

mod calls;
mod drivers;
mod gone;
mod scene;

use std::collections::BTreeSet;
use std::fs;
use std::future::{Future, poll_fn};
use std::path::Path;
use std::pin::pin;
use std::task::Poll;

use helpline_protocol::driver::adapter::Adapter;

use calls::{CALLS, Then};
use scene::{Scene, Stage, soon};

/// More polls than any call needs here: one that is polled so often does not end.
const MOST_POLLS: usize = 40;

/// Polls a call this often at the most, and then drops it.
pub(crate) async fn limited<T>(polls: usize, call: impl Future<Output = T>) -> Option<T> {
    let mut polled = 0;
    let mut call = pin!(call);
    poll_fn(|context| {
        if polled == polls {
            return Poll::Ready(None);
        }
        polled += 1;
        match call.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending if polled == polls => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

helpline_conformance::on_each_runtime!(a_call_that_is_dropped_at_any_await_loses_nothing);

async fn a_call_that_is_dropped_at_any_await_loses_nothing<A: Adapter>() {
    let stage = Stage::<A>::open().await;
    let mut drops = 0;
    for row in CALLS {
        for polls in 0.. {
            assert!(polls < MOST_POLLS, "{} does not end", row.name);
            let mut scene = Scene::open(&stage).await;
            let ended = soon(limited(polls, (row.call)(&mut scene))).await;
            let handed_over = usize::from(polls > 0);
            if let Some(text) = row.says {
                scene.wait_for(text, handed_over).await;
            }
            match row.then {
                Then::GoesOn => scene.goes_on(row.name).await,
                Then::Ends if handed_over == 1 => scene.is_over(row.name).await,
                Then::Ends => scene.goes_on(row.name).await,
            }
            if let Some(text) = row.says {
                assert_eq!(scene.count(text), handed_over, "{} after {polls} polls", row.name);
            }
            scene.adds_up(row.name).await;
            if let Some(result) = ended {
                assert_eq!(result.is_ok(), !row.fails, "{}: {result:?}", row.name);
                break;
            }
            drops += 1;
        }
    }
    stage.all_sockets_are_closed().await;
    println!("{} methods, dropped {drops} times in all", CALLS.len());
}

#[test]
fn no_public_async_method_is_missing() {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/src/driver");
    let mut found = BTreeSet::new();
    collect(&driver, &mut found);
    collect_file(&driver.with_extension("rs"), &mut found);
    let mut tested: BTreeSet<String> = CALLS.iter().map(|row| row.name.to_owned()).collect();
    tested.extend(drivers::TESTED.iter().map(|name| (*name).to_owned()));
    assert!(found.len() > 50, "the sources were not found");
    let missing: Vec<_> = found.difference(&tested).collect();
    assert!(missing.is_empty(), "not dropped by any test: {missing:?}");
    let gone: Vec<_> = tested.difference(&found).collect();
    assert!(gone.is_empty(), "tested, but not in the sources: {gone:?}");
}

/// What only adapters call, within a request or a socket that is given up as a whole.
const ADAPTERS_OWN: &[&str] = &["adapter", "transfer.rs"];

fn collect(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if ADAPTERS_OWN.iter().any(|own| *own == name) || name == "adapter.rs" {
            continue;
        }
        if path.is_dir() {
            collect(&path, found);
        } else {
            collect_file(&path, found);
        }
    }
}

/// `Type::method` for each `pub async fn` of a file.
fn collect_file(path: &Path, found: &mut BTreeSet<String>) {
    let text = fs::read_to_string(path).expect("a file");
    let mut owner = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("impl") {
            let rest = rest.split(" for ").last().unwrap_or(rest);
            let rest = rest.trim_start_matches("<R: Runtime>").trim();
            owner = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
        }
        if let Some(rest) = line.trim().strip_prefix("pub async fn ") {
            let method: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.insert(format!("{owner}::{method}"));
        }
    }
}
