//! What a journal needs, kept while a life is lived and made into one where it went wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};

use helpline_protocol::{Command, Config, Input, Now, Recorder, Secrets, Snapshot};

/// The calls of a session, since it was born or restored.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    config: Config,
    seed: [u8; 32],
    born: Now,
    from: Option<Snapshot>,
    calls: Option<Vec<(Now, Call)>>,
}

#[derive(Clone, Debug)]
enum Call {
    Command(Command),
    Input(Input),
}

impl Record {
    /// Of a session that is born now. Nothing is kept until it is asked for.
    pub(crate) const fn new(config: Config, seed: [u8; 32], born: Now) -> Self {
        Self { config, seed, born, from: None, calls: None }
    }

    /// The calls are kept from here on.
    pub(crate) fn keep(&mut self) {
        self.calls.get_or_insert_default();
    }

    /// The session is restored: the record begins anew. Its configuration is the same.
    pub(crate) fn restarted(&mut self, snapshot: &Snapshot, seed: [u8; 32], now: Now) -> Config {
        (self.seed, self.born) = (seed, now);
        if let Some(calls) = &mut self.calls {
            calls.clear();
            self.from = Some(snapshot.clone());
        }
        self.config.clone()
    }

    pub(crate) fn command(&mut self, now: Now, command: &Command) {
        if let Some(calls) = &mut self.calls {
            calls.push((now, Call::Command(command.clone())));
        }
    }

    pub(crate) fn input(&mut self, now: Now, input: &Input) {
        if let Some(calls) = &mut self.calls {
            calls.push((now, Call::Input(input.clone())));
        }
    }

    /// The journal: the same calls to the same session do the same, so it is made afterwards. No secret is in it. A
    /// call at which the session itself panics ends it.
    pub(crate) fn journal(&self) -> String {
        let mut text = String::new();
        let sink = |line: &str| {
            text.push_str(line);
            text.push('\n');
        };
        let _ = catch_unwind(AssertUnwindSafe(|| self.record(sink)));
        text
    }

    fn record(&self, sink: impl FnMut(&str)) {
        let (config, mut out) = (self.config.clone(), Vec::new());
        let recorder = match &self.from {
            None => Recorder::new(config, self.seed, self.born, Secrets::Omit, sink).ok(),
            Some(snapshot) => {
                Recorder::restore(config, snapshot, self.seed, self.born, Secrets::Omit, sink, &mut out).ok()
            }
        };
        let Some(mut recorder) = recorder else { return };
        for (now, call) in self.calls.iter().flatten() {
            out.clear();
            match call {
                Call::Command(command) => drop(recorder.execute(*now, command.clone(), &mut out)),
                Call::Input(input) => recorder.handle(*now, input.clone(), &mut out),
            }
        }
    }
}
