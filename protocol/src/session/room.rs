//! Room for requests. The cap holds for all together; what the link itself needs always finds room under it.

use super::{Purpose, Session};
use crate::dialect::LinkKind;
use crate::limits::Limits;

impl Session {
    /// How many requests more the user may cause.
    pub(super) fn room(&self) -> usize {
        let polls = |purpose: &Purpose| matches!(purpose, Purpose::Poll { .. } | Purpose::CatchUp { .. });
        let users = self.under_way(|purpose| !self.is_links_own(purpose) && !polls(purpose));
        let polled = if self.polls() { self.active.len() } else { 0 };
        // With many conversations, what is asked in them takes its turn with their polls.
        let share = self.for_all().saturating_sub(polled).max(1);
        share.saturating_sub(users).min(self.room_for_polls())
    }

    /// How many polls more may begin.
    pub(super) fn room_for_polls(&self) -> usize {
        self.for_all().saturating_sub(self.under_way(|purpose| !self.is_links_own(purpose)))
    }

    /// What is left for all but the link.
    const fn for_all(&self) -> usize {
        self.limits.requests().saturating_sub(Limits::LINK_REQUESTS)
    }

    fn under_way(&self, wanted: impl Fn(&Purpose) -> bool) -> usize {
        self.requests.iter().filter(|(_, purpose)| wanted(purpose)).count()
    }

    /// Whether it is what room is kept for: there is at most one of each. Where each conversation has a link of its
    /// own, fetching what was missed takes the place of its poll.
    fn is_links_own(&self, purpose: &Purpose) -> bool {
        match purpose {
            Purpose::Authorise { .. } | Purpose::StartConversation { .. } | Purpose::Leave { .. } => true,
            Purpose::CatchUp { .. } => self.dialect.get().shape().link != LinkKind::Poll,
            Purpose::Poll { .. }
            | Purpose::SendMessage { .. }
            | Purpose::SendReceipt { .. }
            | Purpose::SendTyping { .. }
            | Purpose::LoadHistory { .. }
            | Purpose::Upload { .. }
            | Purpose::Question { .. }
            | Purpose::Download { .. } => false,
        }
    }
}
