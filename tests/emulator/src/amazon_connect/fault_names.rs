//! Faults by name, as the command line gives them.

use super::errors::ErrorEncoding;
use super::faults::{EchoOrder, ExpiryForm, Faults};
use super::operation::Operation;
use crate::fault_values::{
    Parsed, chance, chance_rule, flag, needed, number, one_of, seconds, span, status_code, status_rule,
    unknown, wrong,
};

/// Every fault by name, for `--help`.
pub const FAULT_HELP: &str = "\
Faults (--fault NAME[=VALUE], repeatable). OP is one of start-chat, connection, message, event, transcript,
disconnect, start-upload, complete-upload, attachment, view, auth-url, cancel-auth, sign-in, and upload and download for
the PUT and the GET of a file; without it a fault holds for all calls. N..M is drawn evenly. CHANCE is `1/N` for every
Nth time, `only:N` for the Nth alone, `next:N` for the next N times, or a number for so many in a thousand.

  drop-after=N|N..M         cut each socket after so many frames sent
  drop-once=N|N..M          the same, the first socket only
  drop-code=CODE            those sockets are closed with this code instead of being cut
  silent-after=N|N..M       each socket is half open after so many frames sent
  silent-once=N|N..M        the same, the first socket only
  silent-socket             sockets open, but nothing is ever sent on them
  no-heartbeat, no-ping     aws/heartbeat or aws/ping is not answered
  ping-status=CODE          aws/ping is answered with this status (ping-500 for short)
  no-ack                    subscribe is not acknowledged
  ack-failure[=N]           the next N subscribes are acknowledged with `failure` (1)
  refuse-upgrade[=CODE[,N]] refuse the next N upgrades, or all, with this status (403)
  status=CODE[,op=OP][,times=N][,retry-after=SECONDS]
                            answer calls with an error
  errors=FORM               write errors as header, header-uri, type, code, untyped, null, empty or html
  lost-request=CHANCE[,op=OP]  cut the connection before acting
  lost-answer=CHANCE[,op=OP]   cut the connection after acting
  hang=CHANCE[,op=OP]          act, and never answer
  garbage-answer=CHANCE[,op=OP]  act, and answer with something that is no JSON
  cut-half=CHANCE[,op=OP]      cut the connection in the middle of an answer, or of an upload
  storage-pace=BYTES        files go up and down at so many bytes a second
  storage-delay=MS|MS..MS   answers of the storage come later
  upload-life=SECONDS       lifetime of addresses for uploads
  download-life=SECONDS     lifetime of addresses for downloads
  view-life=SECONDS         lifetime of tokens of views
  view-once                 a view's token is good once
  expiry=FORM               write expiries as normal, absent, unreadable, past, far or offset
  answer-delay=MS|MS..MS    answers come later
  frame-delay=MS|MS..MS     frames come later, in order
  duplicate=CHANCE          chat frames come twice
  reorder=MS                each chat frame is held for 0 to MS, without regard to order
  garbage=N                 a frame that is no JSON before every Nth chat frame
  truncate=N                every Nth chat frame is cut in the middle
  foreign=N                 a frame of another contact before every Nth chat frame
  echo=before[:MS]|after[:MS]|never
                            the order of the echo to the answer
  token-life=SECONDS        lifetime of connection tokens
  socket-life=SECONDS       lifetime of sockets
  ticket-life=SECONDS       how long a socket address may wait to be dialled
  end-while-away[=MS]       the chat ends so long after its last socket was lost (0)
  clock-skew=MS             the server's clock is wrong; may be negative
  empty-next-token          the last page of a transcript has an empty NextToken
  throttle                  429 beyond the vendor's default rates";

impl Faults {
    /// Sets one fault from `NAME` or `NAME=VALUE`.
    ///
    /// # Errors
    /// When the name is unknown or the value does not fit.
    pub fn set(&mut self, text: &str) -> Parsed<()> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if self.set_flag(name, value)? || self.set_socket(name, value)? || self.set_call(name, value)? {
            return Ok(());
        }
        Err(unknown(name))
    }

    /// Those without a value.
    fn set_flag(&mut self, name: &str, value: Option<&str>) -> Parsed<bool> {
        let switch = match name {
            "silent-socket" => &mut self.silent_socket,
            "no-heartbeat" => &mut self.no_heartbeat,
            "no-ping" => &mut self.no_ping,
            "no-ack" => &mut self.no_ack,
            "empty-next-token" => &mut self.empty_next_token,
            "throttle" => &mut self.throttle,
            "view-once" => &mut self.view_once,
            _ => return Ok(false),
        };
        *switch = flag(name, value)?;
        Ok(true)
    }

    /// Those of the socket and the clock.
    fn set_socket(&mut self, name: &str, value: Option<&str>) -> Parsed<bool> {
        let needed = || needed(name, value);
        match name {
            "drop-after" => self.drop_after = Some(span(name, needed()?)?),
            "drop-once" => {
                self.drop_after = Some(span(name, needed()?)?);
                self.drop_times = Some(1);
            }
            "drop-code" => self.drop_code = Some(number(name, needed()?)?),
            "silent-after" => self.silent_after = Some(span(name, needed()?)?),
            "silent-once" => {
                self.silent_after = Some(span(name, needed()?)?);
                self.silent_times = Some(1);
            }
            "ping-500" => self.ping_status = Some(500),
            "ping-status" => self.ping_status = Some(number(name, needed()?)?),
            "ack-failure" => self.ack_failures = number(name, value.unwrap_or("1"))?,
            "refuse-upgrade" => {
                let value = value.unwrap_or("403");
                let (status, times) = match value.split_once(',') {
                    Some((status, times)) => (status, Some(number(name, times)?)),
                    None => (value, None),
                };
                self.refuse_upgrade = Some(status_code(name, status)?);
                self.refuse_times = times;
            }
            "frame-delay" => self.frame_delay = Some(span(name, needed()?)?),
            "duplicate" => self.duplicate = chance(name, needed()?)?,
            "reorder" => self.reorder_ms = number(name, needed()?)?,
            "garbage" => self.garbage_every = number(name, needed()?)?,
            "truncate" => self.truncate_every = number(name, needed()?)?,
            "foreign" => self.foreign_every = number(name, needed()?)?,
            "echo" => self.echo = echo(name, needed()?)?,
            "socket-life" => self.socket_life_ms = Some(seconds(name, needed()?)?),
            "ticket-life" => self.ticket_life_ms = Some(seconds(name, needed()?)?),
            "end-while-away" => self.end_while_away_ms = Some(number(name, value.unwrap_or("0"))?),
            "clock-skew" => self.clock_skew_ms = number(name, needed()?)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Those of calls.
    fn set_call(&mut self, name: &str, value: Option<&str>) -> Parsed<bool> {
        let needed = || needed(name, value);
        match name {
            "status" => self.statuses.push(status_rule(name, needed()?, &Operation::ALL)?),
            "errors" => {
                self.encoding = one_of(name, needed()?, &ErrorEncoding::ALL, "a form of errors")?;
            }
            "lost-request" => self.lost_requests.push(chance_rule(name, needed()?, &Operation::ALL)?),
            "lost-answer" => self.lost_answers.push(chance_rule(name, needed()?, &Operation::ALL)?),
            "hang" => self.hang.push(chance_rule(name, needed()?, &Operation::ALL)?),
            "garbage-answer" => self.garbage_answers.push(chance_rule(name, needed()?, &Operation::ALL)?),
            "cut-half" => self.cut_half.push(chance_rule(name, needed()?, &Operation::ALL)?),
            "storage-pace" => {
                let bytes = number::<u64>(name, needed()?)?;
                self.storage_bytes_per_second = Some(bytes.max(1));
            }
            "storage-delay" => self.storage_delay = Some(span(name, needed()?)?),
            "upload-life" => self.upload_life_ms = Some(seconds(name, needed()?)?),
            "download-life" => self.download_life_ms = Some(seconds(name, needed()?)?),
            "view-life" => self.view_life_ms = Some(seconds(name, needed()?)?),
            "expiry" => {
                self.expiry = one_of(name, needed()?, &ExpiryForm::ALL, "a form of expiries")?;
            }
            "answer-delay" => self.answer_delay = Some(span(name, needed()?)?),
            "token-life" => self.token_life_ms = Some(seconds(name, needed()?)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn echo(name: &str, value: &str) -> Parsed<EchoOrder> {
    let (order, gap) = value.split_once(':').unwrap_or((value, "0"));
    let gap_ms = number(name, gap)?;
    match order {
        "before" => Ok(EchoOrder::Before { gap_ms }),
        "after" => Ok(EchoOrder::After { gap_ms }),
        "never" => Ok(EchoOrder::Never),
        "natural" => Ok(EchoOrder::Natural),
        _ => Err(wrong(name, value, "before, after, never or natural")),
    }
}
