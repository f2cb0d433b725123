use super::*;
use crate::error::TransportFault;
use crate::machine::backoff::BackoffPolicy;
use crate::model::SourceKey;

mod fails;
mod model;
mod snapshot;

const TRIES: u32 = 3;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn m(number: u64) -> MessageKey {
    MessageKey::from_u64(number)
}

/// The command that handed file `number` over.
const fn c(number: u64) -> CommandId {
    CommandId::from_u64(number)
}

fn failure() -> Failure {
    Failure::from(TransportFault::TimedOut)
}

fn try_again() -> Outcome {
    Outcome::TryAgain { failure: failure(), retry_after: None, maybe_acted: true }
}

fn try_after(span: Duration) -> Outcome {
    Outcome::TryAgain { failure: failure(), retry_after: Some(span), maybe_acted: true }
}

fn denied() -> Outcome {
    Outcome::Denied { failure: failure() }
}

fn refused() -> Outcome {
    Outcome::Refused { failure: failure() }
}

fn file() -> OutgoingAttachment {
    let (name, source) = ("scan.pdf".to_owned(), SourceKey::new("on the disk"));
    OutgoingAttachment { name, content_type: None, size: 3, source }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Start,
    Put,
    Complete,
}

const STAGES: [At; 3] = [At::Start, At::Put, At::Complete];

fn stage_of(upload: &Upload<u32>) -> At {
    match upload.stage {
        Stage::Start => At::Start,
        Stage::Put { .. } => At::Put,
        Stage::Complete { .. } => At::Complete,
    }
}

/// Uploads with their clock and chance. Files are numbered from 1; a file's attachment id is `a` and that.
struct Line {
    uploads: Uploads<u32>,
    rng: Rng,
    now: Now,
    pushed: u64,
    tokens: u64,
}

impl Line {
    fn new() -> Self {
        let mut uploads = Uploads::new(UploadPolicy { tries: TRIES }, Backoff::new(BackoffPolicy::default()));
        uploads.set_open(true);
        let now = Now::new(Timestamp::from_secs(100), WallTime::from_unix_millis(1_000_000));
        Self { uploads, rng: Rng::new([7; 32]), now, pushed: 0, tokens: 0 }
    }

    fn of(files: u64) -> Self {
        let mut line = Self::new();
        (0..files).for_each(|_| line.push());
        line
    }

    /// With two files, of which the first is being sent as far as `stage`.
    fn at(stage: At) -> Self {
        let mut line = Self::of(2);
        for reached in STAGES {
            assert_eq!(line.begin(), Some((1, reached)));
            if reached == stage {
                break;
            }
            line.succeed(1, reached, None);
        }
        line
    }

    fn push(&mut self) {
        self.pushed += 1;
        let token = self.token();
        self.uploads.push(m(self.pushed), file(), token, c(self.pushed));
    }

    fn token(&mut self) -> String {
        self.tokens += 1;
        format!("token {}", self.tokens)
    }

    fn wait(&mut self, span: Duration) {
        self.now = Now::new(self.now.at + span, self.now.wall + span);
    }

    fn next(&mut self) -> Option<Upload<u32>> {
        let fresh = format!("token {}", self.tokens + 1);
        self.tokens += 1;
        self.uploads.next(self.now, || fresh).cloned()
    }

    fn begin(&mut self) -> Option<(u64, At)> {
        self.next().map(|upload| (upload.key.as_u64(), stage_of(&upload)))
    }

    fn succeed(&mut self, number: u64, stage: At, expires: Option<WallTime>) -> Option<CommandId> {
        match stage {
            At::Start => self.uploads.announced(m(number), format!("a{number}"), expires, 9),
            At::Put => {
                let token = self.token();
                self.uploads.put(m(number), token);
            }
            At::Complete => return self.uploads.completed(m(number)),
        }
        None
    }

    fn settle(&mut self, number: u64, outcome: Outcome) -> Option<Failed> {
        self.uploads.settle(self.now.at, &mut self.rng, m(number), outcome)
    }

    /// Sends the head, whatever it has done yet.
    fn finish(&mut self, number: u64) -> Option<CommandId> {
        while let Some((head, stage)) = self.begin() {
            assert_eq!(head, number);
            let command = self.succeed(number, stage, None);
            if stage == At::Complete {
                return command;
            }
        }
        panic!("file {number} could not go on");
    }

    /// Fails the stage under way until it is given up, waking at its alarms.
    fn exhaust(&mut self, number: u64, stage: At) -> Failed {
        loop {
            if let Some(failed) = self.settle(number, try_again()) {
                return failed;
            }
            self.wake();
            assert_eq!(self.begin(), Some((number, stage)));
        }
    }

    fn armed(&self) -> Option<Timestamp> {
        self.uploads.next_alarm().map(|alarm| alarm.at)
    }

    fn wake(&mut self) {
        let at = self.armed().unwrap();
        self.wait(at.saturating_since(self.now.at));
    }

    fn resend(&mut self, number: u64, command: u64) -> bool {
        let token = self.token();
        self.uploads.resend(m(number), c(command), || token)
    }
}

fn failed(number: u64, uncertain: bool) -> Failed {
    Failed { key: m(number), command: Some(c(number)), failure: failure(), uncertain }
}

/// Whether the provider may have files 1 and 2, and which is in doubt.
fn doubts(line: &Line) -> (bool, bool, Option<MessageKey>) {
    let may = |number| line.uploads.may_have_arrived(m(number));
    (may(1), may(2), line.uploads.in_doubt())
}

#[test]
fn a_file_may_have_arrived_from_the_first_time_that_it_is_completed() {
    for stage in [At::Start, At::Put] {
        let mut line = Line::at(stage);
        assert_eq!(doubts(&line), (false, false, None));
        line.settle(1, try_again());
        assert_eq!(doubts(&line), (false, false, None), "{stage:?} shows nothing to anybody");
    }
    let mut line = Line::at(At::Complete);
    assert_eq!(doubts(&line), (true, false, None), "the answer can still come");
    line.settle(1, try_again());
    assert_eq!(doubts(&line), (true, false, Some(m(1))));
    line.wake();
    assert_eq!(line.begin(), Some((1, At::Complete)));
    assert_eq!(doubts(&line), (true, false, None));
    line.exhaust(1, At::Complete);
    assert_eq!(doubts(&line), (true, false, None), "it is its sender's now");
    let mut line = Line::at(At::Complete);
    line.settle(1, refused());
    assert_eq!(doubts(&line), (false, false, None), "it was certainly not taken");
}

#[test]
fn a_file_goes_through_its_stages_and_then_the_next_does() {
    let mut line = Line::of(2);
    for number in [1, 2] {
        for stage in STAGES {
            assert_eq!(line.begin(), Some((number, stage)));
            assert_eq!(line.begin(), None, "one is on its way already");
            assert_eq!(line.armed(), None);
            let command = line.succeed(number, stage, None);
            assert_eq!(command, (stage == At::Complete).then_some(c(number)));
        }
    }
    assert_eq!((line.begin(), line.uploads.len()), (None, 0));
}

#[test]
fn the_ticket_comes_with_the_upload_and_its_id_with_the_completing() {
    let mut line = Line::of(1);
    line.begin();
    line.uploads.announced(m(1), "a1".to_owned(), None, 9);
    let put = Stage::Put { ticket: 9, attachment_id: "a1".to_owned(), expires: None };
    assert_eq!(line.next().unwrap().stage, put);
    line.uploads.put(m(1), "complete".to_owned());
    assert_eq!(line.next().unwrap().stage, Stage::Complete { attachment_id: "a1".to_owned() });
}

#[test]
fn a_token_stays_over_the_tries_of_a_stage_and_the_completing_has_another() {
    let mut line = Line::of(1);
    let mut seen = Vec::new();
    for stage in STAGES {
        let first = line.next().unwrap();
        assert_eq!(line.settle(1, try_again()), None);
        line.wake();
        let second = line.next().unwrap();
        assert_eq!((stage_of(&second), &second.token), (stage, &first.token));
        assert_eq!(line.settle(1, denied()), None);
        assert_eq!(line.next().unwrap().token, first.token);
        line.succeed(1, stage, None);
        seen.push(first.token);
    }
    assert_ne!(seen[0], seen[2]);
}

#[test]
fn a_stage_is_tried_again_after_a_wait_that_is_no_shorter_than_was_asked_for() {
    for stage in STAGES {
        let mut line = Line::at(stage);
        assert_eq!(line.settle(1, try_after(secs(50))), None);
        assert_eq!(line.armed(), Some(line.now.at + secs(50)));
        assert_eq!(line.uploads.retry_at(), line.armed());
        line.wait(secs(49));
        assert_eq!(line.begin(), None);
        line.wait(secs(1));
        assert_eq!(line.begin(), Some((1, stage)));
        assert_eq!((line.armed(), line.uploads.retry_at()), (None, None));
        assert_eq!(line.settle(1, try_again()), None);
        assert!(line.armed().unwrap() <= line.now.at + secs(2), "the second ceiling");
    }
}

#[test]
fn the_link_coming_up_ends_a_wait_but_not_one_that_the_server_asked_for() {
    let mut line = Line::at(At::Put);
    line.uploads.went_live(line.now.at);
    assert_eq!(line.armed(), None);
    line.settle(1, try_again());
    line.uploads.went_live(line.now.at);
    assert_eq!(line.begin(), Some((1, At::Put)));
    line.settle(1, try_after(secs(50)));
    line.uploads.went_live(line.now.at);
    assert_eq!(line.armed(), Some(line.now.at + secs(50)));
}

#[test]
fn a_ticket_is_used_until_it_runs_out_and_then_asked_for_anew() {
    let mut line = Line::of(1);
    let first = line.next().unwrap();
    line.succeed(1, At::Start, Some(line.now.wall + secs(60)));
    line.begin();
    for _ in 1..TRIES {
        assert_eq!(line.settle(1, try_after(secs(30))), None);
        line.wait(secs(30));
        let again = line.next().unwrap();
        if stage_of(&again) == At::Put {
            continue;
        }
        assert_eq!((stage_of(&again), again.token == first.token), (At::Start, false));
        assert_eq!(line.uploads.known_as("a1"), None, "nothing will be shown under the old id");
    }
    for _ in 1..TRIES {
        assert_eq!(line.settle(1, try_again()), None, "with all the tries of that stage");
        line.wake();
        assert_eq!(line.begin(), Some((1, At::Start)));
    }
    assert_eq!(line.settle(1, try_again()), Some(failed(1, false)));
}

#[test]
fn only_a_file_that_failed_can_be_sent_again() {
    let mut line = Line::at(At::Put);
    assert!(!line.resend(1, 11) && !line.resend(2, 12) && !line.resend(3, 13));
    assert_eq!(line.uploads.len(), 2);
}

#[test]
fn a_file_can_be_discarded_wherever_it_is() {
    for stage in STAGES {
        let mut line = Line::at(stage);
        assert_eq!(line.uploads.discard(m(1)), Some(Some(c(1))));
        assert_eq!((line.uploads.discard(m(1)), line.uploads.known_as("a1")), (None, None));
        assert_eq!(line.settle(1, try_again()), None, "a late answer finds nothing");
        assert_eq!(line.begin(), Some((2, At::Start)));

        let mut line = Line::at(stage);
        line.settle(1, try_again());
        assert_eq!(line.uploads.discard(m(2)), Some(Some(c(2))));
        assert!(line.armed().is_some(), "the head still waits");
        assert_eq!(line.uploads.discard(m(1)), Some(Some(c(1))));
        assert_eq!((line.armed(), line.uploads.len()), (None, 0));

        let mut line = Line::at(stage);
        line.settle(1, refused());
        assert_eq!(line.uploads.discard(m(1)), Some(None), "its command knows already");
        assert_eq!(line.uploads.len(), 1);
    }
}

#[test]
fn what_stands_in_the_chat_is_sent_before_the_completing_is_answered() {
    let mut line = Line::at(At::Complete);
    assert_eq!(line.uploads.known_as("a1"), Some(m(1)));
    assert_eq!(line.uploads.shown("a1"), Some(c(1)));
    assert_eq!((line.uploads.shown("a1"), line.uploads.known_as("a1")), (None, None));
    assert_eq!(line.uploads.completed(m(1)), None);
    assert_eq!(line.finish(2), Some(c(2)));
}

#[test]
fn what_is_shown_while_its_completing_waits_to_be_repeated_leaves_no_alarm() {
    let mut line = Line::at(At::Complete);
    line.uploads.discard(m(2));
    line.settle(1, try_again());
    assert_eq!(line.uploads.shown("a1"), Some(c(1)));
    assert_eq!(line.armed(), None);
    line.push();
    assert_eq!(line.begin(), Some((3, At::Start)));
}

#[test]
fn what_is_shown_after_the_completing_was_answered_is_reported_once() {
    let mut line = Line::at(At::Complete);
    assert_eq!(line.uploads.completed(m(1)), Some(c(1)));
    assert_eq!(line.uploads.known_as("a1"), Some(m(1)));
    assert_eq!(line.uploads.shown("a1"), None);
    assert_eq!(line.uploads.known_as("a1"), None);
}

#[test]
fn word_of_a_file_that_is_not_at_the_head_changes_nothing() {
    let mut line = Line::at(At::Start);
    let before = line.uploads.clone();
    line.succeed(2, At::Start, None);
    line.uploads.put(m(2), "other".to_owned());
    line.uploads.put(m(1), "too early".to_owned());
    assert_eq!((line.settle(2, refused()), line.uploads.shown("a2")), (None, None));
    assert_eq!(line.uploads, before);
}

#[test]
fn nothing_goes_out_or_is_armed_while_closed() {
    let mut line = Line::at(At::Put);
    line.settle(1, try_again());
    line.uploads.set_open(false);
    line.wait(secs(60));
    assert_eq!((line.begin(), line.armed()), (None, None));
    line.uploads.set_open(true);
    assert_eq!((line.begin(), line.armed()), (Some((1, At::Put)), None));
}

#[test]
fn files_that_are_never_shown_are_forgotten_oldest_first() {
    let mut line = Line::of(1);
    line.begin();
    line.settle(1, refused());
    let most = u64::try_from(MOST_UNSHOWN).unwrap();
    for number in 2..most + 12 {
        line.push();
        assert_eq!(line.finish(number), Some(c(number)));
        assert!(line.uploads.announced.len() <= MOST_UNSHOWN);
    }
    assert_eq!(line.uploads.known_as("a11"), None);
    assert_eq!(line.uploads.known_as("a12"), Some(m(12)));
}

#[test]
fn one_that_may_have_been_completed_is_not_forgotten_and_others_are_while_a_file_waits() {
    let mut line = Line::at(At::Complete);
    line.settle(1, refused());
    let most = u64::try_from(MOST_UNSHOWN).unwrap();
    for number in 2..most + 12 {
        line.push();
        assert_eq!(line.finish(number), Some(c(number)));
        assert!(line.uploads.announced.len() <= MOST_UNSHOWN + 1);
    }
    assert_eq!(line.uploads.known_as("a1"), Some(m(1)), "it can still be shown");
    assert_eq!((line.uploads.known_as("a11"), line.uploads.known_as("a12")), (None, Some(m(12))));
}

#[test]
fn a_file_that_need_not_be_announced_goes_from_its_start_to_the_completing() {
    let mut line = Line::of(2);
    assert_eq!(line.begin(), Some((1, At::Start)));
    line.uploads.uploaded(m(2), "a2".to_owned(), "not its turn".to_owned());
    line.uploads.uploaded(m(1), "a1".to_owned(), "to show it".to_owned());
    assert_eq!((line.uploads.known_as("a1"), line.uploads.known_as("a2")), (Some(m(1)), None));
    let upload = line.next().expect("it is to be completed");
    assert_eq!((stage_of(&upload), upload.token.as_str()), (At::Complete, "to show it"));
    assert_eq!(line.uploads.completed(m(1)), Some(c(1)));
    assert_eq!(line.finish(2), Some(c(2)));
}
