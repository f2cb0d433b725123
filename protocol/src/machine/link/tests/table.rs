//! The table of transitions, against one written by hand.

use super::super::chart::{Phase, Trigger, diagram, next};

/// Every transition there is; each line is a phase and where each trigger leads from it.
const TABLE: &str = "
    Idle:        Connect>Authorising End>Ended
    Authorising: Authorised>Opening Failed>Waiting Suspend>Suspended GoOffline>Offline Rest>Idle End>Ended
    Opening:     Opened>Greeting Failed>Waiting Suspend>Suspended GoOffline>Offline End>Ended
    Greeting:    Greeted>Live Failed>Waiting Suspend>Suspended GoOffline>Offline End>Ended
    Live:        Failed>Waiting Suspend>Suspended GoOffline>Offline Rest>Idle End>Ended
    Waiting:     RetryDue>Authorising Suspend>Suspended GoOffline>Offline Rest>Idle End>Ended
    Suspended:   GoOffline>Offline Release>Waiting Rest>Idle End>Ended
    Offline:     Suspend>Suspended Release>Waiting Rest>Idle End>Ended
    Ended:
";

fn by_hand(phase: Phase, trigger: Trigger) -> Option<String> {
    let line = TABLE.lines().find(|line| line.trim().starts_with(&format!("{phase:?}:"))).unwrap_or_default();
    let arrow = format!("{trigger:?}>");
    line.split_whitespace().find_map(|word| word.strip_prefix(&arrow)).map(str::to_owned)
}

#[test]
fn every_phase_and_trigger_lead_where_the_table_says() {
    for phase in Phase::ALL {
        for trigger in Trigger::ALL {
            let to = next(phase, trigger).map(|to| format!("{to:?}"));
            assert_eq!(to, by_hand(phase, trigger), "{phase:?} by {trigger:?}");
        }
    }
    // And the table by hand names nothing that does not exist.
    let arrows = TABLE.matches('>').count();
    let pairs = Phase::ALL.into_iter().flat_map(|phase| Trigger::ALL.map(|trigger| (phase, trigger)));
    assert_eq!(pairs.filter(|(phase, trigger)| next(*phase, *trigger).is_some()).count(), arrows);
}

#[test]
fn every_phase_has_a_way_out_but_the_last() {
    for phase in Phase::ALL {
        let ways = Trigger::ALL.into_iter().filter(|trigger| next(phase, *trigger).is_some()).count();
        assert_eq!(ways == 0, phase == Phase::Ended, "{phase:?}");
        assert!(phase == Phase::Ended || next(phase, Trigger::End) == Some(Phase::Ended));
    }
}

#[test]
fn every_phase_can_become_live_again_but_the_last() {
    for phase in Phase::ALL {
        let mut reached = vec![phase];
        let mut index = 0;
        while let Some(from) = reached.get(index).copied() {
            for to in Trigger::ALL.into_iter().filter_map(|trigger| next(from, trigger)) {
                if !reached.contains(&to) {
                    reached.push(to);
                }
            }
            index += 1;
        }
        assert_eq!(reached.contains(&Phase::Live), phase != Phase::Ended, "{phase:?}");
    }
}

#[test]
fn the_lists_of_phases_and_triggers_are_whole_and_name_each_once() {
    let mut phases = Phase::ALL.to_vec();
    phases.dedup();
    assert_eq!((phases.len(), phases.is_sorted()), (TABLE.trim().lines().count(), true));
    let mut triggers = Trigger::ALL.to_vec();
    triggers.dedup();
    assert!(triggers.is_sorted() && triggers.len() == Trigger::ALL.len());
}

#[test]
fn the_picture_shows_the_table_and_nothing_else() {
    let picture = diagram();
    let arrows: Vec<&str> =
        picture.lines().map(str::trim).filter(|line| line.contains(": ") && line.contains("-->")).collect();
    for phase in Phase::ALL {
        for trigger in Trigger::ALL {
            let line = by_hand(phase, trigger).map(|to| format!("{phase:?} --> {to}: {trigger:?}"));
            let shown = line.as_ref().is_some_and(|line| arrows.contains(&line.as_str()));
            assert_eq!(shown, line.is_some() && trigger != Trigger::End, "{line:?}");
        }
    }
    let ends = TABLE.matches("End>").count();
    assert_eq!(arrows.len(), TABLE.matches('>').count() - ends);
    assert!(picture.starts_with("stateDiagram-v2\n    [*] --> Idle\n"));
}
