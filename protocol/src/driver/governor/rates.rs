//! How often an account may ask for what.

use crate::dialect::Rate;
use crate::dialect::amazon_connect::RATES;
use crate::output::Operation;

/// Requests that may wait at a time where nothing else is said. One that waits takes about 300 bytes here.
const WAITING: usize = 100_000;

/// The budgets of one account: how often it may ask for what. What none is for goes out at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Rates {
    budgets: Vec<(Vec<Operation>, Rate)>,
    dials: Option<Rate>,
    waiting: usize,
}

impl Rates {
    /// No budget at all.
    pub const fn unlimited() -> Self {
        Self { budgets: Vec::new(), dials: None, waiting: WAITING }
    }

    /// What the documentation of Amazon Connect grants an account by default; ask for more there, and say it here.
    /// Storage is not the account's, and operations for which the documentation has no number go out at once.
    /// Sockets are dialled as often as they can be authorised.
    pub fn amazon_connect() -> Self {
        let mut rates = Self::unlimited();
        for (operations, rate) in RATES {
            rates = rates.with_rate(operations, *rate);
        }
        rates.dials = rates.rate_of(Operation::Authorise);
        rates
    }

    /// One budget for these operations together, in the place of what held for each of them.
    pub fn with_rate(mut self, operations: &[Operation], rate: Rate) -> Self {
        self = self.without_rate(operations);
        self.budgets.push((operations.to_vec(), rate));
        self
    }

    /// No budget for these operations.
    pub fn without_rate(mut self, operations: &[Operation]) -> Self {
        for (budgeted, _) in &mut self.budgets {
            budgeted.retain(|operation| !operations.contains(operation));
        }
        self.budgets.retain(|(budgeted, _)| !budgeted.is_empty());
        self
    }

    /// How often sockets are dialled. Where that is slower than they may be authorised, authorisations are held
    /// to it too: the address that one brings is good for a short while only.
    pub const fn with_dials(mut self, rate: Rate) -> Self {
        self.dials = Some(rate);
        self
    }

    /// Sockets are dialled as they come.
    pub const fn without_dials(mut self) -> Self {
        self.dials = None;
        self
    }

    /// How many requests may wait for each budget. Beyond, the one that came last of the least important gives
    /// way, and fails with [`TransportFault::RateLimited`](crate::TransportFault::RateLimited): its session
    /// tries again later. Default: 100,000, which take 30 MB at the worst.
    pub const fn with_waiting(mut self, most: usize) -> Self {
        self.waiting = most;
        self
    }

    /// What holds for an operation, if anything does.
    #[must_use]
    pub fn rate_of(&self, operation: Operation) -> Option<Rate> {
        let budget = self.budgets.iter().find(|(operations, _)| operations.contains(&operation));
        let rate = budget.map(|(_, rate)| *rate);
        let dialled = self.dials.filter(|_| operation == Operation::Authorise);
        match (rate, dialled) {
            (Some(rate), Some(dials)) if dials.is_slower_than(rate) => Some(dials),
            (None, dials) => dials,
            (rate, _) => rate,
        }
    }

    /// What holds for sockets, if anything does.
    #[must_use]
    pub const fn dials(&self) -> Option<Rate> {
        self.dials
    }

    /// How many requests may wait for each budget.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// The budgets, each with the operations that share it.
    pub(super) fn budgets(&self) -> impl Iterator<Item = (&[Operation], Rate)> {
        self.budgets.iter().map(|(operations, rate)| {
            let authorises = operations.contains(&Operation::Authorise);
            let rate = if authorises { self.rate_of(Operation::Authorise) } else { Some(*rate) };
            (operations.as_slice(), rate.unwrap_or(Rate::per_second(1, 1)))
        })
    }

    /// Dials are limited and authorisations are not by themselves.
    pub(super) fn authorises_at_dials_alone(&self) -> Option<Rate> {
        let own = self.budgets.iter().any(|(operations, _)| operations.contains(&Operation::Authorise));
        self.dials.filter(|_| !own)
    }
}

#[cfg(test)]
mod tests;
