//! What was kept of a session, and may have been damaged since: snapshots and journals.

use helpline_protocol::{Journal, Replayer, Snapshot};

use crate::bench::Bench;
use crate::choices::text;

/// Calls of a journal that are made again.
const MOST_STEPS: usize = 200;

/// A snapshot is read, or refused in words. One that is read is written as it was, and what is restored from it goes
/// on as any session does.
pub(crate) fn snapshots(data: &[u8]) {
    let snapshot = match Snapshot::parse(&text(data)) {
        Ok(snapshot) => snapshot,
        Err(error) => return assert!(!error.to_string().is_empty(), "an error without words"),
    };
    let again = Snapshot::parse(&snapshot.to_json()).expect("what was written can be read");
    assert!(again == snapshot, "a snapshot is another when it was written and read");
    let config = snapshot.config().or_else(|| snapshot.config_with_token("token"));
    let Some(Ok(mut bench)) = config.map(|config| Bench::restored(config, &snapshot)) else { return };
    bench.wake(10);
}

/// A journal is read, or refused in words. One that is read can be walked in both directions.
pub(crate) fn journals(data: &[u8]) {
    let journal = match Journal::parse(&text(data)) {
        Ok(journal) => journal,
        Err(error) => return assert!(!error.to_string().is_empty(), "an error without words"),
    };
    let Ok(mut replay) = Replayer::new(journal) else { return };
    let mut steps = 0;
    while steps < MOST_STEPS && replay.forward().is_some() {
        steps += 1;
    }
    for _ in 0..steps.min(3) {
        assert!(replay.back(), "a call that was made can be undone");
    }
}
