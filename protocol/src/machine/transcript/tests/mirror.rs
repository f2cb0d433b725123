//! Whatever happens to a transcript, in whatever order: its changes say all of it. [`Chat::look`] holds that
//! after each step.

use super::*;
use crate::model::Notice;
use proptest::prelude::*;

/// Something that can happen; numbers pick from a few, so that they meet.
#[derive(Clone, Debug)]
enum Op {
    Push {
        words: u8,
    },
    Wire {
        id: Option<u8>,
        time: Option<i64>,
        words: u8,
        kind: u8,
        chunk: Option<(u64, bool)>,
        receipts: Vec<Receipt>,
    },
    /// The echo of an own message that waits, by its place among them.
    Echo {
        which: usize,
        id: Option<u8>,
        time: Option<i64>,
    },
    Confirm {
        which: usize,
        id: Option<u8>,
        time: Option<i64>,
    },
    Mark {
        id: u8,
        receipts: Vec<Receipt>,
    },
    Status {
        which: usize,
        status: usize,
    },
    Remove {
        which: usize,
    },
    Trim,
    OpenGap,
    CloseGap,
}

fn receipts() -> impl Strategy<Value = Vec<Receipt>> {
    let one = (0..3_u8, prop::option::of(0..9_i64), prop::option::of(0..9_i64))
        .prop_map(|(by, delivered, read)| receipt(&format!("r{by}"), delivered, read));
    prop::collection::vec(one, 0..3)
}

fn op() -> impl Strategy<Value = Op> {
    let id = || prop_oneof![6 => (0..8_u8).prop_map(Some), 1 => Just(None)];
    let time = || prop_oneof![6 => (0..6_i64).prop_map(Some), 1 => Just(None)];
    let chunk = prop_oneof![3 => Just(None), 1 => (1..4_u64, any::<bool>()).prop_map(Some)];
    prop_oneof![
        3 => (0..3_u8).prop_map(|words| Op::Push { words }),
        6 => (id(), time(), 0..3_u8, 0..4_u8, chunk, receipts()).prop_map(
            |(id, time, words, kind, chunk, receipts)| Op::Wire { id, time, words, kind, chunk, receipts }
        ),
        3 => (any::<usize>(), id(), time()).prop_map(|(which, id, time)| Op::Echo { which, id, time }),
        4 => (any::<usize>(), id(), time()).prop_map(|(which, id, time)| Op::Confirm { which, id, time }),
        2 => (0..10_u8, receipts()).prop_map(|(id, receipts)| Op::Mark { id, receipts }),
        2 => (any::<usize>(), 0..7_usize).prop_map(|(which, status)| Op::Status { which, status }),
        1 => any::<usize>().prop_map(|which| Op::Remove { which }),
        1 => Just(Op::Trim),
        1 => Just(Op::OpenGap),
        1 => Just(Op::CloseGap),
    ]
}

const WORDS: [&str; 3] = ["yes", "no", "where is my parcel?"];

impl Chat {
    /// One of those for which `fits`, counted round.
    fn pick(&self, which: usize, fits: impl Fn(&TranscriptItem) -> bool) -> Option<MessageKey> {
        let all: Vec<MessageKey> =
            self.mirror.iter().filter(|item| fits(item)).map(|item| item.key).collect();
        (!all.is_empty()).then(|| all[which % all.len()])
    }

    fn run(&mut self, op: Op) {
        let waits = |item: &TranscriptItem| item.direction == US && item.server_id.is_none();
        let name = |id: u8| format!("id-{id}");
        match op {
            Op::Push { words } => drop(self.push(WORDS[usize::from(words)])),
            Op::Wire { id, time, words, kind, chunk, receipts } => {
                let words = WORDS[usize::from(words)];
                let (wire, direction) = match kind {
                    0 => (echo("", 0, words), US),
                    1 => (
                        WireItem {
                            body: ItemBody::Notice { notice: Notice::ConversationEnded },
                            ..said("", 0, "")
                        },
                        Direction::Common,
                    ),
                    2 => (
                        WireItem { from_past: true, segment: Some(words.to_owned()), ..said("", 0, words) },
                        THEM,
                    ),
                    _ => (said("", 0, words), THEM),
                };
                let chunk = chunk.map(|(number, completed)| Chunk { number, completed });
                let wire = WireItem { server_id: id.map(name), at: time.map(at), chunk, receipts, ..wire };
                self.merge(wire, direction, None);
            }
            Op::Echo { which, id, time } => {
                let Some(key) = self.pick(which, waits) else { return };
                let wire = WireItem {
                    server_id: id.map(name),
                    identity: None,
                    at: time.map(at),
                    body: self.item(key).body.clone(),
                    ..echo("", 0, "")
                };
                self.merge(wire, US, Some(key));
            }
            Op::Confirm { which, id, time } => {
                let Some(key) = self.pick(which, |item| item.direction == US) else { return };
                let acceptance =
                    Acceptance { server_id: id.map(name), at: time.map(at), ..Acceptance::default() };
                self.confirm(key, acceptance);
            }
            Op::Mark { id, receipts } => drop(self.mark(&name(id), receipts)),
            Op::Status { which, status } => {
                use DeliveryStatus::{Delivered, Queued, Read, Sending, Sent};
                let failed = DeliveryStatus::Failed { failure: Failure::from(TransportFault::TimedOut) };
                let all = [Queued, Sending, failed, uncertain(), Sent, Delivered, Read];
                if let Some(key) = self.pick(which, |item| item.direction == US) {
                    self.status(key, all[status].clone());
                }
            }
            Op::Remove { which } => {
                if let Some(key) = self.pick(which, |_| true) {
                    self.remove(key);
                }
            }
            Op::Trim => drop(self.trim()),
            Op::OpenGap => self.transcript.open_gap(),
            Op::CloseGap => self.transcript.close_gap(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// The changes, applied to a list, always give the transcript; ids lead to one item each; bytes are those
    /// of what is there, and none when nothing is.
    #[test]
    fn the_changes_say_all_that_happens(
        capacity in prop_oneof![Just(3_usize), Just(8), Just(1_000)],
        ops in prop::collection::vec(op(), 0..60),
    ) {
        let mut chat = Chat::with_room_for(capacity);
        for op in ops {
            let before = chat.transcript.is_whole();
            let is_gap = matches!(op, Op::OpenGap | Op::CloseGap);
            chat.run(op);
            prop_assert!(is_gap || chat.transcript.is_whole() == before);
        }
        chat.trim();
        let settled = chat.transcript.iter().filter(|item| item.server_id.is_some()).count();
        prop_assert!(chat.transcript.len() <= capacity || settled <= capacity);
        let keys: Vec<MessageKey> = chat.transcript.iter().map(|item| item.key).collect();
        for key in keys {
            chat.remove(key);
        }
        prop_assert_eq!((chat.transcript.len(), chat.transcript.bytes()), (0, 0));
        prop_assert!(chat.transcript.names.is_empty() && chat.transcript.nameless.is_empty());
    }

    /// P7: any arrival, with any repetition, of the same items gives the same transcript.
    #[test]
    fn any_arrival_gives_the_same_order(
        times in prop::collection::vec(0..4_i64, 1..12),
        one in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        another in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
    ) {
        let items: Vec<WireItem> =
            times.iter().enumerate().map(|(id, time)| said(&format!("id-{id}"), *time, "words")).collect();
        let arrive = |order: &[prop::sample::Index], backwards: bool| {
            let mut chat = Chat::new();
            for index in order {
                chat.hear(index.get(&items).clone());
            }
            let mut rest = items.clone();
            if backwards {
                rest.reverse();
            }
            for item in rest {
                chat.hear(item);
            }
            chat.mirror.iter().map(|item| item.server_id.clone()).collect::<Vec<_>>()
        };
        let order = arrive(&one, false);
        prop_assert_eq!(order.len(), items.len());
        prop_assert_eq!(order, arrive(&another, true));
    }
}
