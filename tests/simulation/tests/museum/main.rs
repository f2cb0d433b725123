//! The bug museum: real failures of other chat clients and engines, each as a scenario that goes wrong with the naive
//! client, so that it is known to bite, and goes right here.
//!
//! The rows are those of the list of origins. Row 23 is about a fleet of sessions and is shown where fleets are run, and
//! row 29 about the shape of an interface that the naive client does not have. Rows 10 to 12 are about polls, and have a
//! naive client of their own.
//!
//! | row | scenario | origin |
//! |---|---|---|
//! | 1 | [`link`]: the phone is locked for two minutes | amazon-connect-chatjs#254 |
//! | 2 | [`link`]: the network is lost for eleven seconds | amazon-connect-chatjs#125 |
//! | 3 | [`link`]: `connect` is called twice | amazon-connect-chatjs#123 |
//! | 4 | [`link`]: a planned rotation while messages arrive | amazon-connect-chatjs#298 |
//! | 5 | [`link`]: a new socket that is not fed | wire-webapp#21448 |
//! | 6 | [`link`]: frozen for 90 s, then stale answers flush | Rocket.Chat.ReactNative#7549 |
//! | 7 | [`link`]: the link is dead in one direction only | Rocket.Chat#36076 |
//! | 8 | [`link`]: garbage keeps arriving on a dead link | Rocket.Chat.js.SDK#224 |
//! | 9 | [`link`]: five close and open cycles | Rocket.Chat.js.SDK#372 |
//! | 10 | [`polls`]: the same page comes from a cache for ever | MobileAPI_Android#34 |
//! | 11 | [`polls`]: polling is started twice; of two chats one is forgotten | MobileAPI_Android#36, MobileAPI_IOS#29 |
//! | 12 | [`polls`]: the chat ends while a poll is under way | omnichannel-chat-sdk#90 |
//! | 13 | [`messages`]: a message between the fetch and the first frame | omnichannel-chat-sdk#413 |
//! | 14 | [`ends`]: the chat ended in the background | amazon-connect-chatjs#252 |
//! | 15 | [`ends`]: 403 for an expired token and for an ended chat | sample-whatsapp-end-user-messaging-connect-chat |
//! | 16 | [`messages`]: five messages in one tick | aws-lex-web-ui#513 |
//! | 17 | [`messages`]: a send that timed out was accepted | stream-chat-android#6587 |
//! | 18 | [`messages`]: the first message is rejected for good | matrix-rust-sdk#4389 |
//! | 19 | [`messages`]: read before delivered, receipts after the end | chatjs#131, chat-interface#168 |
//! | 20 | [`messages`]: typing at 20 keys a second | amazon-connect-chatjs#222 |
//! | 21 | [`link`]: connect succeeds and drops at once | developer-center#495 |
//! | 22 | [`link`]: 429 with and without a hint | chatjs, node-agent-sdk |
//! | 24 | [`ends`]: see the restarts of the lives, which are drawn at every step | node-agent-sdk#80 |
//! | 25 | [`ends`]: fields missing, unknown events | amazon-connect-chat-ios#83, #110 |
//! | 26 | [`ends`]: the second chat sends heartbeats | omnichannel-chat-sdk#109 |
//! | 27 | [`messages`]: the refetch is shorter than the outage | chatwoot#14934 |
//! | 28 | [`ends`]: another account sees nothing of the first | react-native-zendesk-messaging#53 |
//! | 29 | [`ends`]: outputs are drained late | str0m#952 |
//! | 30 | [`ends`]: the clock goes back | str0m#832 |

mod ends;
mod link;
mod messages;
mod naive_polls;
mod polls;
mod rig;
