//! Many sessions on few tasks.
//!
//! [`start`](super::start) gives each session a task, and each task a timer of the runtime. A [`Hub`] has a few
//! *shards* instead, each one task with one timer, and any number of sessions in them: what a process needs that
//! holds the chats of a whole contact centre. The handles are the same.
//!
//! - **Fair.** A shard polls only sessions that were woken, in the order of their waking, some at a time and
//!   each for a bounded number of steps: a busy one goes to the end of the queue.
//! - **One table of deadlines** a shard, whatever sleeps there: timers of sessions, waits for the governor,
//!   goodbyes.
//! - **Shared connections**: clones of a runtime share their pool.
//! - **The account's budget**: [`Hub::with_governor`] puts one governor before all of its sessions.
//!
//! # Ends
//! A session leaves the hub as it would leave its task: it is closed with a goodbye when its last handle is
//! dropped, and gone when that is said. [`Hub::close`] closes all, within [`CLOSE_WAIT`](super::CLOSE_WAIT). A hub
//! that is dropped takes no more sessions; those that it has live on as long as they have handles.

mod runtime;
mod shard;
mod stats;
mod timers;

use core::future::poll_fn;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use futures_channel::{mpsc, oneshot};

pub use runtime::HubRuntime;
pub use stats::HubStats;

use super::Driver;
use super::chat::Chat;
use super::error::Closed;
use super::events::Events;
use super::governor::Governor;
use super::runtime::Runtime;
use super::task::Task;
use crate::command::Command;
use crate::config::Config;
use crate::error::ConfigError;
use shard::{Order, Shard};
use timers::Timers;

/// Many sessions on few tasks of a runtime. Share it behind an [`Arc`]; see the [module](self) for how it works.
///
/// ```
/// # use helpline_protocol::driver::{Governor, Hub, Rates, Runtime};
/// # use helpline_protocol::amazon_connect::{ChatDetails, Config};
/// use std::sync::Arc;
///
/// async fn serve<R: Runtime>(runtime: R, chats: Vec<ChatDetails>) -> Result<(), Box<dyn std::error::Error>> {
///     let governor = Arc::new(Governor::new(Rates::amazon_connect()));
///     let hub = Hub::new(runtime).with_governor(governor);
///     for details in chats {
///         let (chat, mut events) = hub.connect(Config::new(details))?;
///         // ... hand them to whoever talks there ...
///     }
///     println!("{} sessions", hub.len());
///     hub.close().await;
///     Ok(())
/// }
/// ```
pub struct Hub<R: Runtime> {
    runtime: R,
    governor: Option<Arc<Governor>>,
    shards: Vec<Handle<R>>,
}

/// A hub's end of a shard.
struct Handle<R: Runtime> {
    orders: mpsc::UnboundedSender<Order<R>>,
    timers: Arc<Timers>,
    load: Arc<AtomicUsize>,
}

impl<R: Runtime> Hub<R> {
    /// With one shard.
    #[must_use]
    pub fn new(runtime: R) -> Self {
        Self::with_shards(runtime, NonZeroUsize::MIN)
    }

    /// With this many shards, each a task of the runtime ([`Runtime::spawn`]): about as many as it has threads.
    #[must_use]
    pub fn with_shards(runtime: R, shards: NonZeroUsize) -> Self {
        let shards = (0..shards.get()).map(|_| begin(&runtime)).collect();
        Self { runtime, governor: None, shards }
    }

    /// Puts a governor in front of the sessions that are started from now on.
    #[must_use]
    pub fn with_governor(mut self, governor: Arc<Governor>) -> Self {
        self.governor = Some(governor);
        self
    }

    /// The runtime.
    #[must_use]
    pub const fn runtime(&self) -> &R {
        &self.runtime
    }

    /// Starts a session; [`Chat::connect`] connects it.
    ///
    /// # Errors
    /// When the configuration cannot work; then nothing was started.
    pub fn start(&self, config: impl Into<Config>) -> Result<(Chat, Events), ConfigError> {
        Ok(self.run(self.driver(config)?))
    }

    /// Starts a session and connects it, without waiting: messages may be handed over at once and are sent when
    /// the link is live.
    ///
    /// # Errors
    /// When the configuration cannot work; then nothing was started.
    pub fn connect(&self, config: impl Into<Config>) -> Result<(Chat, Events), ConfigError> {
        let mut driver = self.driver(config)?;
        let accepted = driver.execute(Command::Connect);
        debug_assert!(accepted.is_ok(), "a new session takes `connect`");
        Ok(self.run(driver))
    }

    /// A driver for this hub, with its governor, to be prepared before [`Hub::run`]: with another governor, say,
    /// where a hub has sessions of several accounts. It belongs to the shard with the fewest sessions just now.
    ///
    /// # Errors
    /// When the configuration cannot work.
    pub fn driver(&self, config: impl Into<Config>) -> Result<Driver<HubRuntime<R>>, ConfigError> {
        let shards = self.shards.iter().enumerate();
        let least = shards.min_by_key(|(_, shard)| shard.load.load(Ordering::Relaxed));
        let (index, timers) = least
            .map_or_else(|| (0, Arc::new(Timers::new())), |(index, shard)| (index, shard.timers.clone()));
        let mut driver = Driver::new(HubRuntime::new(self.runtime.clone(), timers, index), config)?;
        if let Some(governor) = &self.governor {
            driver = driver.with_governor(governor.clone());
        }
        Ok(driver)
    }

    /// Takes a session in. A driver of another hub counts as one of this.
    pub fn run(&self, driver: Driver<HubRuntime<R>>) -> (Chat, Events) {
        let index = driver.runtime().shard();
        let (task, chat, events) = Task::new(driver);
        if let Some(shard) = self.shards.get(index) {
            shard.load.fetch_add(1, Ordering::Relaxed);
            // Where the shard is gone with its runtime, the handles find out.
            drop(shard.orders.unbounded_send(Order::Add(Box::new(task))));
        }
        (chat, events)
    }

    /// How many sessions it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.load.load(Ordering::Relaxed)).sum()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What its sessions did, those that are gone included. Each shard looks at all of its sessions for it, some
    /// at a time.
    ///
    /// # Errors
    /// [`Closed`] when the runtime is gone, or the hub was closed.
    pub async fn stats(&self) -> Result<HubStats, Closed> {
        let mut answers = Vec::new();
        for shard in &self.shards {
            let (reply, answer) = oneshot::channel();
            shard.orders.unbounded_send(Order::Stats(reply)).map_err(|_| Closed)?;
            answers.push(answer);
        }
        let mut all = HubStats::default();
        for answer in answers {
            all.add(&answer.await.map_err(|_| Closed)?);
        }
        Ok(all)
    }

    /// Closes every session as [`Driver::close`] does, whoever has handles to it, and waits until all goodbyes
    /// are said: [`CLOSE_WAIT`](super::CLOSE_WAIT) at the most, after which the rest is abandoned. What readers
    /// of events have not read by then is lost.
    ///
    /// Dropping the future does not stop it. Sessions that are started afterwards are closed from the start.
    pub async fn close(&self) {
        let mut answers = Vec::new();
        for shard in &self.shards {
            let (reply, answer) = oneshot::channel();
            // A shard that is gone has nothing left to close.
            if shard.orders.unbounded_send(Order::Close(reply)).is_ok() {
                answers.push(answer);
            }
        }
        for answer in answers {
            _ = answer.await;
        }
    }
}

/// Starts a shard.
fn begin<R: Runtime>(runtime: &R) -> Handle<R> {
    let (sender, orders) = mpsc::unbounded();
    let timers = Arc::new(Timers::new());
    let load = Arc::new(AtomicUsize::new(0));
    let mut shard = Shard::new(runtime.clone(), orders, timers.clone(), load.clone());
    runtime.spawn(async move { poll_fn(|context| shard.poll(context)).await });
    Handle { orders: sender, timers, load }
}

impl<R: Runtime> core::fmt::Debug for Hub<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (shards, sessions) = (self.shards.len(), self.len());
        f.debug_struct("Hub").field("shards", &shards).field("sessions", &sessions).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
