//! Same seed, same inputs: same outputs, faults and all.

use helpline_emulator::bright_pattern::{
    AgentScript, Chance, ChanceRule, Client, DelayRule, Input, Output, Server, ServerConfig, Span,
};
use serde_json::json;

use crate::rig::START_MS;

fn run(seed: u64) -> Vec<(u64, Output)> {
    let mut config = ServerConfig::with_script(AgentScript::demo());
    let faults = &mut config.faults;
    faults.answer_delays = vec![DelayRule { operation: None, delay: Span { from: 1, to: 300 } }];
    faults.lost_answers = vec![ChanceRule::new(None, Chance::PerMille(100))];
    faults.lost_polls = Chance::PerMille(100);
    faults.repeated_batches = Chance::PerMille(100);
    faults.refused_polls = Chance::PerMille(50);
    faults.strange_every = 7;
    let mut server = Server::new(config, seed);
    let client = Client::new("C");
    let mut log = Vec::new();
    let mut now = START_MS;
    let mut input = |server: &mut Server, now: u64, input: Input| {
        let mut out = Vec::new();
        server.handle(now, input, &mut out);
        log.extend(out.into_iter().map(|output| (now, output)));
    };
    let mut chat = String::new();
    for round in 0..400_u64 {
        if chat.is_empty() {
            let request = client.post("chats", "{}");
            input(&mut server, now, Input::Http { exchange: 10_000 + round, request });
            server.chat_of_client("C").unwrap().clone_into(&mut chat);
        }
        let body = json!({ "events": [
            { "event": "chat_session_message", "msg_id": format!("{chat}:{round}"), "msg": format!("m{round}") },
        ] });
        let request = client.post(&format!("chats/{chat}/events"), &body.to_string());
        input(&mut server, now, Input::Http { exchange: round * 2, request });
        let request = client.get(&format!("chats/{chat}/events"));
        input(&mut server, now, Input::Http { exchange: round * 2 + 1, request });
        let until = now + 250;
        while let Some(due) = server.next_wakeup().filter(|due| *due <= until) {
            now = now.max(due);
            input(&mut server, now, Input::Wakeup);
        }
        now = until;
    }
    log
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let first = run(7);
    assert!(first.len() > 600, "{}", first.len());
    assert!(first.iter().any(|(_, output)| matches!(output, Output::NoAnswer { .. })));
    assert_eq!(first, run(7));
    assert_ne!(first, run(8));
}

#[test]
fn a_server_can_go_to_another_thread() {
    fn check<T: Send + 'static>() {}
    check::<Server>();
}
