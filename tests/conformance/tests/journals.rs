//! Recorded sessions: today's code does what it did then. A journal that is put into `tests/conformance/journals`
//! is checked from then on, whoever recorded it (`chat --journal FILE`, or any host).
//!
//! Where behaviour is changed on purpose, so that a journal tells another story, it is recorded anew.

use std::fs;
use std::path::Path;

use helpline_protocol::{Journal, Replayer};

#[test]
fn every_journal_does_today_what_it_did_when_it_was_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("journals");
    let mut checked = 0;
    for entry in fs::read_dir(&folder).expect("the folder of journals").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a journal is text");
        let journal = Journal::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!journal.has_secrets(), "{name}: tokens are recorded in it; record it without");
        let mut replayer = Replayer::new(journal).unwrap_or_else(|error| panic!("{name}: {error}"));
        if let Some(difference) = replayer.check() {
            panic!("{name}: {difference}");
        }
        assert!(replayer.position() > 5, "{name}: hardly anything happens in it");
        checked += 1;
    }
    assert!(checked >= 3, "only {checked} journals in {}", folder.display());
}
