//! Same seed, same inputs: same outputs, faults and all.

use helpline_emulator::amazon_connect::{
    AgentScript, Chance, ChanceRule, HttpRequest, Input, Output, Server, ServerConfig, Span,
};
use serde_json::{Value, json};

use crate::rig::START_MS;

fn run(seed: u64) -> Vec<(u64, Output)> {
    let mut config = ServerConfig::with_script(AgentScript::demo());
    config.faults.frame_delay = Some(Span { from: 1, to: 90 });
    config.faults.answer_delay = Some(Span { from: 1, to: 300 });
    config.faults.reorder_ms = 40;
    config.faults.garbage_every = 5;
    config.faults.duplicate = Chance::PerMille(300);
    config.faults.lost_answers = vec![ChanceRule::new(None, Chance::PerMille(200))];
    config.faults.drop_after = Some(Span { from: 20, to: 60 });
    let mut server = Server::new(config, seed);
    let chat = server.start_chat(START_MS, "Ines");
    let mut log = Vec::new();
    let mut now = START_MS;
    let mut socket = 0;
    let mut input = |server: &mut Server, now: u64, input: Input| {
        let mut out = Vec::new();
        server.handle(now, input, &mut out);
        log.extend(out.iter().map(|output| (now, output.clone())));
        out
    };
    let mut token = String::new();
    for round in 0..400_u64 {
        if round % 40 == 0 {
            socket += 1;
            let body = json!({ "Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"] }).to_string();
            let request = HttpRequest::post("/participant/connection", &chat.participant_token, &body);
            input(&mut server, now, Input::Http { exchange: round + 10_000, request });
            now += 400;
            for output in input(&mut server, now, Input::Wakeup) {
                let Output::Answer { response, .. } = output else {
                    continue;
                };
                let answer: Value = response.json();
                let Some(url) = answer["Websocket"]["Url"].as_str() else {
                    continue;
                };
                answer["ConnectionCredentials"]["ConnectionToken"].as_str().unwrap().clone_into(&mut token);
                let target = url.trim_start_matches("ws://127.0.0.1:80").to_owned();
                input(&mut server, now, Input::SocketRequested { socket, target });
                let text = r#"{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}"#.to_owned();
                input(&mut server, now, Input::Frame { socket, text });
            }
        }
        let body = json!({ "ContentType": "text/plain", "Content": format!("m{round}") }).to_string();
        let request = HttpRequest::post("/participant/message", &token, &body);
        input(&mut server, now, Input::Http { exchange: round, request });
        let until = now + 150;
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
    assert!(first.iter().any(|(_, output)| matches!(output, Output::Cut { .. })));
    assert!(first.iter().any(|(_, output)| matches!(output, Output::NoAnswer { .. })));
    assert_eq!(first, run(7));
    assert_ne!(first, run(8));
}

#[test]
fn a_server_can_go_to_another_thread() {
    fn check<T: Send + 'static>() {}
    check::<Server>();
}
