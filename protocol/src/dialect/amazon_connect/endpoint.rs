//! Which host serves a region (the vendor's endpoint rules for the service ConnectParticipant).

/// A group of regions with a domain of its own.
struct Partition {
    /// What its regions begin with; a name and a number follow, as in `us-gov-` `west-1`.
    prefixes: &'static [&'static str],
    suffix: &'static str,
    dual_stack_suffix: &'static str,
    /// Whether its plain host is the FIPS one too.
    plain_is_fips: bool,
}

const fn partition(
    prefixes: &'static [&'static str],
    suffix: &'static str,
    dual_stack_suffix: &'static str,
) -> Partition {
    Partition { prefixes, suffix, dual_stack_suffix, plain_is_fips: false }
}

const PARTITIONS: [Partition; 8] = [
    partition(&["us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"], "amazonaws.com", "api.aws"),
    Partition { plain_is_fips: true, ..partition(&["us-gov-"], "amazonaws.com", "api.aws") },
    partition(&["cn-"], "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    partition(&["eusc-de-"], "amazonaws.eu", "api.amazonwebservices.eu"),
    partition(&["us-iso-"], "c2s.ic.gov", "api.aws.ic.gov"),
    partition(&["us-isob-"], "sc2s.sgov.gov", "api.aws.scloud"),
    partition(&["eu-isoe-"], "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    partition(&["us-isof-"], "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
];

/// The address that serves a region; none where the region belongs to no partition that we know.
pub(super) fn of_region(region: &str, fips: bool, dual_stack: bool) -> Option<String> {
    let partition = PARTITIONS.iter().find(|partition| partition.has(region))?;
    let suffix = if dual_stack { partition.dual_stack_suffix } else { partition.suffix };
    let fips_host = fips && (dual_stack || !partition.plain_is_fips);
    let service = if fips_host { "participant.connect-fips" } else { "participant.connect" };
    Some(format!("https://{service}.{region}.{suffix}"))
}

impl Partition {
    fn has(&self, region: &str) -> bool {
        self.prefixes.iter().any(|prefix| region.strip_prefix(prefix).is_some_and(is_name_and_number))
    }
}

/// Whether this is such as `west-1`. Nothing but small letters and digits gets into a host's name.
fn is_name_and_number(text: &str) -> bool {
    text.split_once('-').is_some_and(|(name, number)| {
        let is = |text: &str, of: fn(&u8) -> bool| {
            !text.is_empty() && text.len() <= 32 && text.bytes().all(|b| of(&b))
        };
        is(name, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) && is(number, u8::is_ascii_digit)
    })
}

#[cfg(test)]
mod tests;
