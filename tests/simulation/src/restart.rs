//! The client's process dies and another one takes the session up, from a snapshot.

use std::cell::RefCell;
use std::rc::Rc;

use helpline_protocol::{Config, Recorder, Secrets, Session, Snapshot};

use crate::mirror::Mirror;
use crate::provider::session_seed;
use crate::vendor::Stage;
use crate::world::World;

/// Where a journal is written.
pub(crate) type Lines = Box<dyn FnMut(&str)>;

/// The journal of the session's present process, where one is wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scribe(Option<Rc<RefCell<String>>>);

impl Scribe {
    /// A journal that is written from here on.
    pub(crate) fn wanted() -> Self {
        Self(Some(Rc::default()))
    }

    /// What was written so far, where anything was to be.
    pub(crate) fn text(&self) -> Option<String> {
        self.0.as_ref().map(|text| text.borrow().clone())
    }

    /// A session that is born, or restored.
    pub(crate) fn session(
        &self,
        config: Config,
        snapshot: Option<&Snapshot>,
        seed: [u8; 32],
        now: helpline_protocol::Now,
        out: &mut Vec<helpline_protocol::Output>,
    ) -> Recorder<Lines> {
        let recorder = match (&self.0, snapshot) {
            (Some(text), Some(snapshot)) => {
                let lines = lines(text);
                Recorder::restore(config, snapshot, seed, now, Secrets::Omit, lines, out)
            }
            (Some(text), None) => {
                Recorder::new(config, seed, now, Secrets::Omit, lines(text)).map_err(Into::into)
            }
            (None, Some(snapshot)) => {
                Session::restore(config, snapshot, seed, now, out).map(Recorder::silent)
            }
            (None, None) => Session::new(config, seed, now).map(Recorder::silent).map_err(Into::into),
        };
        recorder.unwrap_or_else(|error| panic!("P16: no session: {error}"))
    }
}

/// Each process has a journal of its own: what was written before goes.
fn lines(text: &Rc<RefCell<String>>) -> Lines {
    text.borrow_mut().clear();
    let text = text.clone();
    Box::new(move |line| {
        let mut text = text.borrow_mut();
        text.push_str(line);
        text.push('\n');
    })
}

impl<V: Stage> World<V> {
    /// The client's process dies at this very step, and another one takes the session up at once, from a snapshot
    /// that was written and read as a file would be.
    ///
    /// # Panics
    /// When the snapshot cannot be read or restored.
    pub fn restart(&mut self, secrets: Secrets) {
        let now = self.machine_time();
        let text = self.session.snapshot(now, secrets).to_json();
        if secrets == Secrets::Omit {
            let secret = self.provider.secrets.iter().find(|secret| text.contains(secret.as_str()));
            assert!(secret.is_none(), "P17: a secret is in a snapshot that is to have none");
        }
        let snapshot = Snapshot::parse(&text).unwrap_or_else(|error| panic!("P16: {error}"));
        self.story.tell(self.now(), "host", "dies, and is started again");
        self.take_up(&snapshot);
    }

    /// The process dies, and another one goes on from the last checkpoint, at which its host wrote a snapshot before
    /// it did anything else. Where there was none yet, from nothing.
    ///
    /// # Panics
    /// When the world keeps none, or it cannot be restored.
    pub fn restart_from_checkpoint(&mut self) {
        let kept = self.kept().expect("the world keeps a snapshot at each checkpoint");
        let mut value: serde_json::Value = serde_json::from_str(kept).expect("it was written");
        // Two processes have connections of their own. Here what is for the other is told apart by its number.
        value["ids"]["requests"] = self.watch.last_request().into();
        value["link"]["sockets"] = self.watch.last_socket().into();
        // And who watches both takes a key that was held back, and forgotten, for the next command.
        let last = self.watch.commands().map(|(command, _)| command.as_u64()).max();
        value["ids"]["commands"] = last.unwrap_or_default().into();
        let snapshot = Snapshot::parse(&value.to_string()).unwrap_or_else(|error| panic!("P16: {error}"));
        self.story.tell(self.now(), "host", "dies, and goes on from its last checkpoint");
        self.take_up(&snapshot);
    }

    fn take_up(&mut self, snapshot: &Snapshot) {
        let now = self.machine_time();
        self.provider.hang_up(self.now(), self.watch.last_request());
        self.watch.process_died();
        self.mirror = Mirror::default();
        let seed = session_seed(self.now() ^ 0x0dead);
        let config = self.config().clone();
        let mut out = Vec::new();
        self.session = self.scribe().session(config, Some(snapshot), seed, now, &mut out);
        self.carry_out_all(out);
    }
}
