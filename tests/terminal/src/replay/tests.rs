use helpline_protocol::amazon_connect::{ChatDetails, Config};
use helpline_protocol::{Command, Input, Now, Recorder, Secrets, Timestamp, WallTime};

use super::*;

fn journal() -> String {
    let at = |secs| Now::new(Timestamp::from_secs(secs), WallTime::EPOCH);
    let (mut text, mut out) = (String::new(), Vec::new());
    let config = Config::new(ChatDetails::new("t"));
    let mut recorder = Recorder::new(config, [7; 32], at(0), Secrets::Omit, |line: &str| {
        text.push_str(line);
        text.push('\n');
    })
    .unwrap();
    recorder.execute(at(0), Command::Connect, &mut out).unwrap();
    recorder.handle(at(20), Input::Woke, &mut out);
    drop(recorder);
    text
}

fn replayer(text: &str) -> Replayer {
    Replayer::new(read(text, Path::new("j")).unwrap()).unwrap()
}

fn said(of: impl FnOnce(&mut Vec<u8>) -> io::Result<Exit>) -> (Exit, String) {
    let mut out = Vec::new();
    let exit = of(&mut out).unwrap();
    (exit, String::from_utf8(out).unwrap())
}

#[test]
fn a_check_says_whether_today_does_the_same() {
    let text = journal();
    let (exit, says) = said(|out| check(replayer(&text), out));
    assert_eq!(
        (exit, says.as_str()),
        (Exit::Well, "2 calls, and the outputs are those that were recorded\n")
    );
    let other = text.replacen(r#""accepted":"c1""#, r#""accepted":"c2""#, 1);
    let (exit, says) = said(|out| check(replayer(&other), out));
    assert_eq!(exit, Exit::Failed);
    assert!(says.starts_with("line 2: another result than recorded"), "{says}");
}

#[test]
fn without_a_screen_all_steps_are_lines() {
    let (exit, says) = said(|out| lines(replayer(&journal()), out));
    assert_eq!(exit, Exit::Well);
    assert!(says.contains("> connect as c1") && says.contains("\n    2    20.000s  < woke\n"), "{says}");
    assert!(says.contains("\n2 calls; the session is reconnecting, try 1 at"), "{says}");
}

#[test]
fn half_a_last_line_is_left_out_and_half_a_line_before_is_not() {
    let text = journal();
    let cut = &text[..text.len() - 20];
    assert_eq!(read(cut, Path::new("j")).unwrap().len(), 1);
    let broken = text.replacen('\n', "\n{\"at\":\n", 1);
    assert_eq!(read(&broken, Path::new("j")).unwrap_err(), JournalError::Truncated { line: 2 });
}
