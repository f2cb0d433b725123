use crate::dialect::Rate;
use crate::driver::Rates;
use crate::output::Operation;

#[test]
fn an_operation_belongs_to_one_budget() {
    let rates = Rates::unlimited()
        .with_rate(&[Operation::SendMessage, Operation::SendTyping], Rate::per_second(10, 15))
        .with_rate(&[Operation::SendTyping], Rate::per_second(1, 1));
    assert_eq!(rates.rate_of(Operation::SendMessage), Some(Rate::per_second(10, 15)));
    assert_eq!(rates.rate_of(Operation::SendTyping), Some(Rate::per_second(1, 1)));
    assert_eq!(rates.rate_of(Operation::Upload), None);
    assert_eq!(rates.without_rate(&[Operation::SendTyping]).rate_of(Operation::SendTyping), None);
}

#[test]
fn amazon_connect_has_the_documented_numbers() {
    let rates = Rates::amazon_connect();
    let of = |operation| rates.rate_of(operation).map(|rate: Rate| (rate.count, rate.burst));
    assert_eq!(of(Operation::Authorise), Some((6, 9)));
    assert_eq!(of(Operation::SendMessage), Some((10, 15)));
    assert_eq!(of(Operation::SendReceipt), Some((10, 15)));
    assert_eq!(of(Operation::CatchUp), Some((8, 12)));
    assert_eq!(of(Operation::Leave), Some((3, 5)));
    assert_eq!(of(Operation::StartUpload), Some((2, 5)));
    assert_eq!(of(Operation::Download), None, "storage is not the account's");
    assert_eq!(rates.dials(), Some(Rate::per_second(6, 9)));
}

#[test]
fn authorisations_come_no_faster_than_sockets() {
    let slow = Rate::per_minute(30, 1);
    let rates = Rates::amazon_connect().with_dials(slow);
    assert_eq!(rates.rate_of(Operation::Authorise), Some(slow));
    let fast = Rate::per_second(1_000, 1_000);
    assert_eq!(rates.with_dials(fast).rate_of(Operation::Authorise), Some(Rate::per_second(6, 9)));
    assert_eq!(Rates::unlimited().with_dials(slow).rate_of(Operation::Authorise), Some(slow));
    assert_eq!(Rates::unlimited().without_dials().rate_of(Operation::Authorise), None);
}
