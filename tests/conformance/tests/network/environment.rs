//! Proxies that the environment names. Each case runs in a process of its own, since the variables of this one are not
//! to be changed under the other tests.

use std::process::Command;

use helpline_conformance::new;
use helpline_conformance::servers::{get, open};
use helpline_emulator::proxy::{Mood, ProxyConfig as Served, ProxyServer, Speaks};
use helpline_protocol::driver::adapter::{Adapter, Builder};
use helpline_protocol::{ProxyProblem, TransportFault};

/// Names the runtime of a process that was started for it.
const RUNTIME: &str = "HELPLINE_TEST_RUNTIME";

/// Asks for a request and a socket, and says what became of them.
async fn asks<A: Adapter>() {
    let straight = Builder::<A>::new().without_proxy().build();
    for (what, runtime) in [("as it is", new::<A>()), ("without", straight)] {
        let request = get(&runtime, "https://api.invalid/", 100).await.unwrap_err();
        let socket = open(&runtime, "wss://ws.invalid/", 100).await.unwrap_err();
        for fault in [request, socket] {
            println!("{what}: {}", serde_json::to_string(&fault).unwrap());
        }
    }
}

#[tokio::test]
async fn what_runs_in_a_process_of_its_own() {
    match std::env::var(RUNTIME).as_deref() {
        Ok("tokio") => asks::<helpline_tokio::Tokio>().await,
        Ok("smol") => asks::<helpline_smol::Smol>().await,
        // As a test among others it has nothing to do.
        _ => {}
    }
}

/// The faults of a request and a socket with this environment, and with the proxy taken away again.
fn faults(runtime: &str, variables: &[(&str, &str)]) -> [Vec<TransportFault>; 2] {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "environment::what_runs_in_a_process_of_its_own", "--nocapture"]);
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"] {
        child.env_remove(name);
    }
    let output = child.envs(variables.iter().copied()).env(RUNTIME, runtime).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    ["as it is: ", "without: "].map(|what| {
        let lines = text.lines().filter_map(|line| Some(line.split_once(what)?.1));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_sockets_go_where_the_environment_says() {
    for runtime in ["tokio", "smol"] {
        let proxy = ProxyServer::start(Served::new(Speaks::Socks5).with_mood(Mood::Refuses)).await.unwrap();
        let address = format!("socks5h://127.0.0.1:{}", proxy.port());
        let [with, without] = faults(runtime, &[("ALL_PROXY", &address)]);
        assert_eq!(with.len(), 2);
        for fault in with {
            assert!(
                matches!(fault, TransportFault::Proxy { problem: ProxyProblem::Refused, .. }),
                "{fault:?}"
            );
        }
        assert_eq!(without, [TransportFault::NameNotFound, TransportFault::NameNotFound]);
        assert_eq!(proxy.asked(), ["api.invalid:443", "ws.invalid:443"]);

        let [with, _] = faults(runtime, &[("ALL_PROXY", &address), ("NO_PROXY", "ws.invalid,example")]);
        assert!(matches!(with[0], TransportFault::Proxy { .. }));
        assert_eq!(with[1], TransportFault::NameNotFound);
    }
}

#[test]
fn a_variable_that_cannot_be_read_is_named_and_lets_nothing_through() {
    for runtime in ["tokio", "smol"] {
        let [with, without] = faults(runtime, &[("HTTPS_PROXY", "ftp://user:sesame@proxy.example")]);
        assert_eq!(with.len(), 2);
        for fault in with {
            let TransportFault::Proxy { problem: ProxyProblem::Misconfigured, reason } = fault else {
                panic!("{fault:?}");
            };
            assert!(reason.starts_with("HTTPS_PROXY: ") && !reason.contains("sesame"), "{reason}");
        }
        assert_eq!(without, [TransportFault::NameNotFound, TransportFault::NameNotFound]);
    }
}
