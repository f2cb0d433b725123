use super::{millis, parse};

fn error(text: &str) -> String {
    parse("x.scenario", text).expect_err("it is wrong").to_string()
}

#[test]
fn times_are_read_to_the_millisecond() {
    for (text, expected) in
        [("2s", 2_000), ("1.5s", 1_500), ("0.001s", 1), ("300ms", 300), ("59m", 3_540_000), ("1h", 3_600_000)]
    {
        assert_eq!(millis(text), Ok(expected), "{text}");
    }
    for text in ["", "2", "s", "2 s", "0.5ms", "0.0001s", "-1s", "2d"] {
        assert!(millis(text).is_err(), "{text}");
    }
}

#[test]
fn a_scenario_is_read_whole() {
    let scenario = parse(
        "x.scenario",
        "# Shows a thing,\n# and another.\nseed 7\npolicy heartbeat_interval=2s\npolicy receipts=off\n\
         limit outbox_items=3\nagent echo\nlatency http=5ms\nfault no-ping\n\nat 0s connect\n\
         at 2s send Hello there\nuntil 1m\n",
    )
    .expect("it is right");
    assert_eq!(scenario.shows, "Shows a thing,\nand another.\n");
    assert_eq!((scenario.seed, scenario.until, scenario.steps.len()), (7, 60_000, 2));
    assert_eq!(scenario.policy.heartbeat_interval().as_secs(), 2);
    assert!(!scenario.policy.receipts());
    assert_eq!(scenario.limits.outbox_items(), 3);
    assert!(scenario.server.faults.no_ping);
    assert_eq!(scenario.steps[1].text, "send Hello there");
}

#[test]
fn errors_name_the_line_and_what_to_write() {
    assert_eq!(
        error("# x\nat 3x send Hi\n"),
        "x.scenario:2: `3x`: write a time such as 2s, 1.5s, 300ms, 59m or 1h"
    );
    assert_eq!(
        error("# x\nat 3s send Hi\nat 2s send Ho\n"),
        "x.scenario:3: it is earlier than the line before: write lines in their order"
    );
    assert_eq!(
        error("# x\nat 3s connect\nseed 4\n"),
        "x.scenario:3: `seed` is no step: write `at 2s seed 4`"
    );
    assert_eq!(
        error("seed 4\nuntil 3s\n"),
        "x.scenario:1: begin with a comment that says what it shows: `# ...`"
    );
    assert!(error("# x\npolicy speed=2s\n").contains("there is no `speed`, there are"));
    assert!(error("# x\nfault wind\n").starts_with("x.scenario:2: there is no fault `wind`"));
    assert!(error("# x\nat 1s dance\n").starts_with("x.scenario:2: `dance` is nothing one can do: write"));
    assert_eq!(error("# x\nat 1s connect\n"), "x.scenario:2: end with a line such as `until 60s`");
}
