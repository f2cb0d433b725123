//! What is written of a catch-up, and how it comes back in another process: its run is over, what it held is not lost.

use super::*;
use crate::machine::saved::Thaw;
use crate::time::{Now, WallTime};

#[test]
fn what_was_held_back_comes_back_without_the_run() {
    let mut run = begun(Goal::Gap);
    for item in [7, 8] {
        run.hold(item);
    }
    run.failed(at(0), &mut rng(), None);
    let saved = run.save(at(1));
    assert_eq!((saved.held(), catch_up().save(at(1)).held()), (2, 0));

    let text = serde_json::to_string(&saved).unwrap();
    let saved: SavedCatchUp<u32> = serde_json::from_str(&text).unwrap();
    let taken = WallTime::from_unix_millis(1_000_000);
    let thaw = Thaw::new(Now::new(Timestamp::ZERO, taken), taken);
    let mut back = CatchUp::restore(run.policy().clone(), BackoffPolicy::default(), saved, thaw);
    assert_eq!((back.is_running(), back.goal(), armed(&back)), (false, None, None));
    assert_eq!(back.policy(), catch_up().policy());
    assert_eq!(back.run(), run.run(), "an answer to the old run is not one to the next");
    assert_eq!(back.release(), [7, 8]);
    assert_eq!(back.begin(at(0), Goal::Gap), fetch(Goal::Gap, None));
    assert_eq!(back.run(), run.run() + 1);
}
