//! Which test shows which fault.

use crate::{files, link, liveness, messages, reading, receipts, renewal, rest, transcript};

/// How many are known.
const FAULTS: usize = 45;

/// A test by its name, and the test itself, so that none can be named that does not exist.
type Row = (usize, &'static str, fn());

macro_rules! rows {
    ($($number:literal $module:ident::$test:ident)*) => {
        [$(($number, stringify!($test), $module::$test),)*]
    };
}

/// No row is beyond a client. Of row 37 the service's part is: what is gone there is gone, and the row is about
/// keeping what is here and saying so.
const ROWS: [Row; FAULTS] = rows! {
    1 transcript::row_01_what_was_said_while_the_socket_was_down_is_fetched_before_what_comes_live
    2 transcript::row_02_no_page_is_asked_for_by_anything_but_a_confirmed_item
    3 transcript::row_03_pages_that_do_not_advance_or_do_not_end_are_given_up
    4 messages::row_04_a_retried_send_keeps_its_client_token
    5 messages::row_05_a_send_of_unknown_outcome_is_looked_for_before_it_is_sent_again
    6 link::row_06_every_retry_backs_off_with_jitter_and_one_try_is_under_way
    7 renewal::row_07_only_a_refused_credential_ends_a_renewal
    8 renewal::row_08_a_refused_credential_is_told_as_that_and_no_event_is_made_up
    9 liveness::row_09_either_missed_heartbeat_replaces_the_socket
    10 liveness::row_10_heartbeats_go_on_after_a_long_loss
    11 liveness::row_11_an_answer_to_an_older_probe_revives_nothing
    12 renewal::row_12_sockets_and_tokens_are_renewed_before_they_end
    13 renewal::row_13_what_comes_on_two_sockets_is_shown_once
    14 transcript::row_14_frames_that_overtake_each_other_end_up_in_order
    15 transcript::row_15_items_are_ordered_by_the_moment_and_not_by_its_spelling
    16 transcript::row_16_a_change_costs_one_change_however_long_the_transcript
    17 reading::row_17_members_that_are_missing_cost_nothing_but_themselves
    18 reading::row_18_a_failed_transfer_is_told
    19 reading::row_19_a_frame_that_is_no_json_is_told_and_passed_over
    20 reading::row_20_unknown_content_types_are_told_and_kept
    21 reading::row_21_every_declared_event_is_told_as_itself
    22 receipts::row_22_receipts_are_collected_retried_and_end_with_the_chat
    23 receipts::row_23_own_receipts_are_nobody_elses
    24 receipts::row_24_a_later_delivered_does_not_overwrite_read
    25 receipts::row_25_typing_is_throttled_for_each_conversation_alone
    26 files::row_26_an_upload_that_fails_is_told_at_its_stage_and_never_completed
    27 files::row_27_every_header_of_the_ticket_goes_with_the_upload
    28 files::row_28_sizes_are_checked_extensions_fold_and_names_are_made_safe
    29 link::row_29_each_state_is_told_once_with_its_reason
    30 link::row_30_connect_finishes_when_the_subscription_holds
    31 rest::row_31_sessions_of_one_process_share_nothing
    32 rest::row_32_a_rewrite_of_sockets_holds_for_every_reconnect
    33 link::row_33_a_close_frame_of_whatever_code_reconnects
    34 liveness::row_34_a_new_network_probes_and_does_not_drop
    35 renewal::row_35_one_call_for_credentials_serves_all_who_need_it
    36 reading::row_36_frames_of_another_contact_are_told
    37 transcript::row_37_after_the_end_the_transcript_stays_and_history_is_said_to_be_gone
    38 reading::row_38_questions_with_unknown_keys_are_read
    39 reading::row_39_a_bots_pieces_grow_one_message
    40 rest::row_40_no_log_shows_a_token_or_a_text
    41 messages::row_41_a_failure_belongs_to_its_message_alone
    42 receipts::row_42_the_configuration_of_receipts_is_honoured
    43 renewal::row_43_odd_expiries_flood_nobody
    44 rest::row_44_any_endpoint_can_be_named
    45 link::row_45_the_network_is_what_the_host_says_it_is
};

#[test]
fn every_fault_has_its_row_and_every_row_its_number() {
    for (index, (number, name, _)) in ROWS.iter().enumerate() {
        assert_eq!(*number, index + 1, "the rows are in order and none is missing");
        assert!(name.starts_with(&format!("row_{number:02}_")), "{name} is not of row {number}");
    }
}
