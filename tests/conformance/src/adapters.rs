//! One body, each adapter: a test is a function over an [`Adapter`], and [`on_each_runtime`](crate::on_each_runtime)
//! makes one test a runtime of it.
//!
//! What stands around it, servers and the test's own waits, is tokio's. A session on smol is as far from that as in
//! any program: its task, its timers and its connections have threads of their own.

use helpline_protocol::driver::adapter::{Adapter, Builder};

/// An adapter's runtime with nothing changed about it.
#[must_use]
pub fn new<A: Adapter>() -> A::Runtime {
    Builder::<A>::new().build()
}

/// Makes tests of bodies: `on_tokio::name` and `on_smol::name` of each `async fn name<A: Adapter>()`. What
/// stands in parentheses before them goes to `tokio::test`, which runs the servers.
#[macro_export]
macro_rules! on_each_runtime {
    ($($body:ident),+ $(,)?) => {
        $crate::on_each_runtime!(() $($body),+);
    };
    ($how:tt $($body:ident),+ $(,)?) => {
        mod on_tokio {
            $(
                #[tokio::test $how]
                async fn $body() {
                    super::$body::<helpline_tokio::Tokio>().await;
                }
            )+
        }

        mod on_smol {
            $(
                #[tokio::test $how]
                async fn $body() {
                    super::$body::<helpline_smol::Smol>().await;
                }
            )+
        }
    };
}
