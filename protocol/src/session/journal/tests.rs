//! What is written, and that it does the same again.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Journal, JournalError, Recorder, Replayer, Tape};
use crate::rng::Rng;
use crate::session::tests::story::{STORY, config};
use crate::session::tests::{GRANT, Lines, Rig, now};
use crate::session::{Secrets, Session};
use crate::{Command, CommandError, EndReason, Frame, Input, Operation, SocketId};

/// A rig whose journal is written, and where to.
fn recorded(mut rig: Rig, secrets: Secrets, text: &Rc<RefCell<String>>) -> Rig {
    let sink = sink(text);
    rig.tape = Some(Tape::begin(&rig.session, [7; 32], now(rig.at), secrets, None, sink));
    rig
}

fn sink(text: &Rc<RefCell<String>>) -> Lines {
    let text = text.clone();
    Box::new(move |line| {
        let mut text = text.borrow_mut();
        text.push_str(line);
        text.push('\n');
    })
}

/// The journal of the whole story.
fn story(secrets: Secrets) -> String {
    let text: Rc<RefCell<String>> = Rc::default();
    let mut rig = recorded(Rig::new(), secrets, &text);
    for (_, step) in STORY {
        step(&mut rig);
    }
    drop(rig);
    text.take()
}

fn replayer(text: &str) -> Replayer {
    Replayer::new(Journal::parse(text).expect("it is read")).expect("a session begins so")
}

#[test]
fn a_journal_does_the_same_again_with_its_secrets_and_without() {
    for secrets in [Secrets::Omit, Secrets::Include] {
        let text = story(secrets);
        let mut replay = replayer(&text);
        assert_eq!(replay.check(), None);
        assert_eq!(replay.position(), text.lines().count() - 1);
        assert_eq!(replay.journal().has_secrets(), secrets == Secrets::Include);
        assert!(matches!(
            replay.session().state(),
            crate::ConnectionState::Ended { reason: EndReason::Left }
        ));
    }
}

#[test]
fn no_secret_is_in_a_journal_that_is_not_to_have_one() {
    let (with, without) = (story(Secrets::Include), story(Secrets::Omit));
    let secrets = [
        "secret-participant",
        "secret-connection",
        "secret-ticket",
        "secret-view",
        "secret-upload",
        "secret-header",
        "secret-download",
    ];
    for secret in secrets {
        assert!(with.contains(secret), "{secret} is not part of the story");
        assert!(!without.contains(secret), "{secret}");
    }
    // The same secret has the same name wherever it stands.
    assert!(without.matches("redacted-1\"").count() > 2, "{without}");
}

#[test]
fn a_secret_in_what_cannot_be_read_is_not_written_either() {
    let broken = [
        r#"{"Websocket":{"Url":"wss://gateway.example/prod?ticket=secret-ticket"},"ConnectionCredentials":{"ConnectionToken":"secret-connection","#,
        r#"[{"ConnectionToken":"secret-connection"}]"#,
        r#"{"Websocket":{"Url":"http://secret-ticket.example"},"ConnectionCredentials":{"ConnectionToken":"secret-connection"}}"#,
    ];
    for body in broken {
        let text = Rc::default();
        let mut rig = recorded(Rig::new(), Secrets::Omit, &text);
        rig.command(Command::Connect).unwrap();
        rig.answer(Operation::Authorise, 200, body);
        // And once more, for nothing of ours.
        rig.answer(Operation::Authorise, 200, GRANT);
        let socket = SocketId::from_u64(1);
        let frame =
            Frame::Text(r#"{"topic":"aws/chat","content":"{\"viewToken\":\"secret-view-token\"#.to_owned());
        rig.tell(Input::Frame { socket, frame });
        let text = text.borrow();
        assert!(!text.contains("secret-"), "{text}");
        assert_eq!(replayer(&text).check().map(|difference| difference.to_string()), None);
    }
}

#[test]
fn a_replay_goes_back_as_it_went() {
    let text = story(Secrets::Omit);
    let mut replay = replayer(&text);
    let mut states = vec![replay.session().clone()];
    let mut steps = Vec::new();
    while let Some(step) = replay.forward() {
        steps.push(step);
        states.push(replay.session().clone());
    }
    assert_eq!(states.len(), replay.journal().len() + 1);
    for place in (0..states.len() - 1).rev() {
        assert!(replay.back());
        assert_eq!((replay.position(), replay.session()), (place, &states[place]));
        assert_eq!(replay.forward().as_ref(), steps.get(place));
        replay.seek(place);
    }
    assert!(!replay.back());
    replay.seek(usize::MAX);
    assert_eq!(replay.position(), states.len() - 1);
}

#[test]
fn a_long_journal_keeps_a_bounded_number_of_sessions() {
    let text = Rc::default();
    let mut rig = recorded(Rig::new(), Secrets::Omit, &text);
    for millis in 0..20_000 {
        rig.at = millis;
        rig.tell(Input::Woke);
    }
    let mut replay = replayer(&text.borrow());
    assert_eq!(replay.check(), None);
    assert!(replay.marks() <= 257, "{}", replay.marks());
    replay.seek(3);
    assert_eq!(replay.position(), 3);
}

#[test]
fn a_step_is_readable() {
    let mut replay = replayer(&story(Secrets::Omit));
    let mut shown = String::new();
    while let Some(step) = replay.forward().filter(|step| step.number <= 9) {
        shown.push_str(&step.to_string());
        shown.push('\n');
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn what_today_does_otherwise_is_said() {
    let text = story(Secrets::Omit);
    let other = text.replace("\"early\"", "\"earlier\"").replacen("\\\"early\\\"", "\\\"late\\\"", 1);
    let difference = replayer(&other).check().expect("the request holds another text");
    assert_eq!((difference.of, difference.recorded.contains("late")), ("output", true));
    let other = text.replacen(r#""accepted":"c1""#, r#""accepted":"c7""#, 1);
    let difference = replayer(&other).check().expect("it is another command");
    assert_eq!(
        difference.to_string(),
        "line 2: another result than recorded\n  recorded: accepted as c7\n  today:    accepted as c1"
    );
    let other = text.replacen(r#""why":"request_timeout(r1)""#, r#""why":"reconnect""#, 1);
    assert_eq!(replayer(&other).check().map(|difference| difference.of), Some("deadline"));
}

#[test]
fn a_refused_command_is_written_and_refused_again() {
    let (mut text, mut out) = (String::new(), Vec::new());
    let mut recorder = Recorder::new(config(), [1; 32], now(0), Secrets::Omit, |line: &str| {
        text.push_str(line);
        text.push('\n');
    })
    .unwrap();
    assert_eq!(recorder.execute(now(0), Command::Leave, &mut out), Err(CommandError::NotConnected));
    recorder.handle(now(1), Input::Woke, &mut out);
    assert_eq!(recorder.deadline(), recorder.session().deadline());
    drop(recorder);
    assert!(text.contains(r#""refused":{"error":"not_connected"}"#), "{text}");
    assert_eq!(replayer(&text).check(), None);
}

#[test]
fn the_journal_of_a_restored_session_begins_with_its_snapshot() {
    for (name, kept) in
        [("leaving", Secrets::Include), ("questions", Secrets::Include), ("questions", Secrets::Omit)]
    {
        let mut rig = Rig::new();
        for (step, run) in STORY {
            run(&mut rig);
            if *step == name {
                break;
            }
        }
        let snapshot = rig.session.snapshot(now(rig.at), kept);
        let (text, mut out) = (Rc::default(), Vec::new());
        let at = now(rig.at + 100);
        let mut again =
            Recorder::restore(config(), &snapshot, [3; 32], at, Secrets::Omit, sink(&text), &mut out)
                .unwrap();
        again.handle(now(rig.at + 2_000), Input::Woke, &mut out);
        let text = text.borrow();
        assert!(!text.contains("secret-"), "{text}");
        let mut replay = replayer(&text);
        assert_eq!(replay.check(), None);
        assert!(replay.restoring().is_some_and(|step| !step.outputs.is_empty()));
    }
}

#[test]
fn one_that_is_cut_off_says_in_which_line() {
    let text = story(Secrets::Omit);
    let lines: Vec<&str> = text.lines().collect();
    for end in (1..text.len()).step_by(7).filter(|end| text.is_char_boundary(*end)) {
        let cut = &text[..end];
        let line = cut.lines().count();
        let whole = lines[line - 1] == cut.lines().last().unwrap_or_default();
        match Journal::parse(cut) {
            Ok(journal) => assert!(whole && journal.len() == line - 1),
            Err(error) => assert_eq!(error, JournalError::Truncated { line }),
        }
    }
    assert_eq!(
        JournalError::Truncated { line: 3 }.to_string(),
        "line 3 of the journal ends in the middle, as the last one does where its writer was killed: take that \
         line out to replay what is before it"
    );
}

#[test]
fn what_is_something_else_is_told_apart() {
    let parse = |text: &str| Journal::parse(text).err();
    assert_eq!(parse(""), Some(JournalError::Empty));
    assert_eq!(parse("\n\n"), Some(JournalError::Empty));
    assert_eq!(parse("{}"), Some(JournalError::Foreign));
    assert_eq!(parse(r#"{"helpline_snapshot":1}"#), Some(JournalError::Foreign));
    assert_eq!(parse("hello"), Some(JournalError::Malformed { line: 1, column: 1 }));
    let newer = r#"{"helpline_journal":9}"#;
    assert_eq!(parse(newer), Some(JournalError::UnknownVersion { found: 9, newest: 1 }));
    let text = story(Secrets::Omit);
    let none = text.replacen("\"command\"", "\"comment\"", 1);
    assert_eq!(parse(&none), Some(JournalError::Malformed { line: 2, column: 1 }));
    let other = text.replacen("\"interval\"", "\"x\"", 1).replacen(
        "\"heartbeat_wait\":{\"nanos\":0,\"secs\":10}",
        "\"heartbeat_wait\":7",
        1,
    );
    assert!(matches!(parse(&other), Some(JournalError::Malformed { line: 1, .. })), "no time");
    let few = text.replacen("\"requests\":32", "\"requests\":1", 1);
    let unborn = Replayer::new(Journal::parse(&few).unwrap()).err();
    assert!(matches!(unborn, Some(JournalError::Unborn(_))), "{unborn:?}");
}

#[test]
fn one_that_is_damaged_anywhere_is_refused_or_replayed() {
    let text = story(Secrets::Include);
    let mut rng = Rng::new([6; 32]);
    let (mut refused, mut differing) = (0, 0);
    for _ in 0..300 {
        let mut bytes = text.clone().into_bytes();
        let place = usize::try_from(rng.up_to(u64::try_from(bytes.len() - 1).unwrap())).unwrap();
        bytes[place] = b"0129{}[]\",:-aest"[usize::try_from(rng.up_to(15)).unwrap()];
        let Ok(damaged) = String::from_utf8(bytes) else { continue };
        match Journal::parse(&damaged).and_then(Replayer::new) {
            Ok(mut replay) => differing += u32::from(replay.check().is_some()),
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().contains("secret-"), "{error}");
            }
        }
    }
    assert!(refused > 30 && differing > 30, "{refused} refused, {differing} differ");
}

#[test]
fn a_session_is_the_same_whether_it_is_recorded_or_not() {
    let text = Rc::default();
    let (mut plain, mut taped) = (Rig::new(), recorded(Rig::new(), Secrets::Omit, &text));
    for (name, step) in STORY {
        step(&mut plain);
        step(&mut taped);
        assert_eq!((&plain.session, &plain.out), (&taped.session, &taped.out), "after {name:?}");
    }
    let _: &Session = &plain.session;
}
