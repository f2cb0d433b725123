//! Regions and tokens that are wrong.

use helpline_protocol::amazon_connect::{ChatDetails, Config};
use helpline_protocol::{Command, CommandError, ConfigError, ConnectionState, EndReason, Event, Session};
use helpline_simulation::{at, session_seed};

use crate::rig::world;

#[test]
fn a_region_that_does_not_exist() {
    for region in ["mars-north-1", "us-west-2.evil.example", "", "US-WEST-2", "us-west"] {
        let config = Config::new(ChatDetails::new("pt")).with_region(region);
        let refused = Session::new(config, session_seed(1), at(0));
        let Err(ConfigError::Field { field, problem }) = refused else { panic!("{region:?} was taken") };
        assert!(field.contains("region"), "{field}");
        assert!(problem.contains("such as"), "what would be right is said: {problem}");
    }
}

#[test]
fn a_token_that_cannot_be_one() {
    for token in ["".to_owned(), "x".repeat(1_001), "a\nb".to_owned()] {
        let refused = Session::new(Config::new(ChatDetails::new(token.as_str())), session_seed(1), at(0));
        let Err(ConfigError::Field { problem, .. }) = refused else { panic!("{token:?} was taken") };
        assert!(token.is_empty() || !problem.contains(&token), "and it is not shown");
    }
}

#[test]
fn a_participant_token_of_another_region() {
    let mut world = world(&[]);
    let details = ChatDetails::new("a-token-that-another-region-gave-out");
    world.replace_session(Config::new(details).with_endpoint("http://127.0.0.1:80"));
    world.execute(Command::Connect).unwrap();
    world.run_until(60_000);
    let reason = EndReason::CredentialRejected {
        code: Some("AccessDeniedException".to_owned()),
        chat_may_have_ended: false,
    };
    assert!(reason.to_string().contains("check token and region"), "{reason}");
    assert_eq!(world.session.state(), ConnectionState::Ended { reason: reason.clone() });
    let failed = world
        .lines
        .iter()
        .any(|line| matches!(&line.event, Event::CommandFinished { result, .. } if !result.is_ok()));
    assert!(failed, "the connect says so too");
    assert_eq!(world.requests.len(), 1, "it is not tried again");
    let refused = world.execute(Command::send_text("hello"));
    assert_eq!(refused, Err(CommandError::Ended { reason }));
    assert_eq!(world.session.deadline(), None);
    // The chat itself is none the worse for it: the right token joins it.
    let config = world.provider.session_config();
    world.replace_session(config);
    world.execute(Command::Connect).unwrap();
    world.run_for(1_000);
    assert_eq!(world.session.state(), ConnectionState::Live);
}
