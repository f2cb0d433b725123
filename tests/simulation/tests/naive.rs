//! The plans that the core lives through have teeth: a naive client loses or doubles messages under them.

use helpline_simulation::Plan;
use helpline_simulation::naive::Naive;

const CHATS: u64 = 500;

#[test]
fn a_naive_client_loses_or_doubles_in_at_least_one_chat_of_a_hundred() {
    let (mut losing, mut doubling, mut either) = (0_u64, 0_u64, 0_u64);
    let (mut lost, mut doubled) = (0, 0);
    for seed in 0..CHATS {
        let (missing, twice) = Naive::live(&Plan::new(seed));
        losing += u64::from(missing > 0);
        doubling += u64::from(twice > 0);
        either += u64::from(missing > 0 || twice > 0);
        lost += missing;
        doubled += twice;
    }
    println!(
        "of {CHATS} chats the naive client went wrong in {either}: it lost messages in {losing} ({lost} of them) \
         and doubled some in {doubling} ({doubled})"
    );
    assert!(either * 100 >= CHATS, "only {either} of {CHATS}");
}
