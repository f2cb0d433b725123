use super::*;

/// Region, FIPS, dual stack, and what botocore 1.43 makes of them.
const KNOWN: &[(&str, bool, bool, &str)] = &[
    ("us-west-2", false, false, "https://participant.connect.us-west-2.amazonaws.com"),
    ("us-west-2", false, true, "https://participant.connect.us-west-2.api.aws"),
    ("us-west-2", true, false, "https://participant.connect-fips.us-west-2.amazonaws.com"),
    ("us-west-2", true, true, "https://participant.connect-fips.us-west-2.api.aws"),
    ("mx-central-1", false, false, "https://participant.connect.mx-central-1.amazonaws.com"),
    ("mx-central-1", false, true, "https://participant.connect.mx-central-1.api.aws"),
    ("mx-central-1", true, false, "https://participant.connect-fips.mx-central-1.amazonaws.com"),
    ("mx-central-1", true, true, "https://participant.connect-fips.mx-central-1.api.aws"),
    ("us-gov-west-1", false, false, "https://participant.connect.us-gov-west-1.amazonaws.com"),
    ("us-gov-west-1", false, true, "https://participant.connect.us-gov-west-1.api.aws"),
    ("us-gov-west-1", true, false, "https://participant.connect.us-gov-west-1.amazonaws.com"),
    ("us-gov-west-1", true, true, "https://participant.connect-fips.us-gov-west-1.api.aws"),
    ("cn-north-1", false, false, "https://participant.connect.cn-north-1.amazonaws.com.cn"),
    ("cn-north-1", false, true, "https://participant.connect.cn-north-1.api.amazonwebservices.com.cn"),
    ("cn-north-1", true, false, "https://participant.connect-fips.cn-north-1.amazonaws.com.cn"),
    ("cn-north-1", true, true, "https://participant.connect-fips.cn-north-1.api.amazonwebservices.com.cn"),
    ("eusc-de-east-1", false, false, "https://participant.connect.eusc-de-east-1.amazonaws.eu"),
    ("eusc-de-east-1", false, true, "https://participant.connect.eusc-de-east-1.api.amazonwebservices.eu"),
    ("eusc-de-east-1", true, false, "https://participant.connect-fips.eusc-de-east-1.amazonaws.eu"),
    (
        "eusc-de-east-1",
        true,
        true,
        "https://participant.connect-fips.eusc-de-east-1.api.amazonwebservices.eu",
    ),
    ("us-iso-east-1", false, false, "https://participant.connect.us-iso-east-1.c2s.ic.gov"),
    ("us-iso-east-1", false, true, "https://participant.connect.us-iso-east-1.api.aws.ic.gov"),
    ("us-iso-east-1", true, false, "https://participant.connect-fips.us-iso-east-1.c2s.ic.gov"),
    ("us-iso-east-1", true, true, "https://participant.connect-fips.us-iso-east-1.api.aws.ic.gov"),
    ("us-isob-east-1", false, false, "https://participant.connect.us-isob-east-1.sc2s.sgov.gov"),
    ("us-isob-east-1", false, true, "https://participant.connect.us-isob-east-1.api.aws.scloud"),
    ("us-isob-east-1", true, false, "https://participant.connect-fips.us-isob-east-1.sc2s.sgov.gov"),
    ("us-isob-east-1", true, true, "https://participant.connect-fips.us-isob-east-1.api.aws.scloud"),
    ("eu-isoe-west-1", false, false, "https://participant.connect.eu-isoe-west-1.cloud.adc-e.uk"),
    ("eu-isoe-west-1", false, true, "https://participant.connect.eu-isoe-west-1.api.cloud-aws.adc-e.uk"),
    ("eu-isoe-west-1", true, false, "https://participant.connect-fips.eu-isoe-west-1.cloud.adc-e.uk"),
    ("eu-isoe-west-1", true, true, "https://participant.connect-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"),
    ("us-isof-south-1", false, false, "https://participant.connect.us-isof-south-1.csp.hci.ic.gov"),
    ("us-isof-south-1", false, true, "https://participant.connect.us-isof-south-1.api.aws.hci.ic.gov"),
    ("us-isof-south-1", true, false, "https://participant.connect-fips.us-isof-south-1.csp.hci.ic.gov"),
    ("us-isof-south-1", true, true, "https://participant.connect-fips.us-isof-south-1.api.aws.hci.ic.gov"),
];

#[test]
fn every_partition_has_its_hosts() {
    for (region, fips, dual_stack, url) in KNOWN {
        assert_eq!(
            of_region(region, *fips, *dual_stack).as_deref(),
            Some(*url),
            "{region} {fips} {dual_stack}"
        );
    }
}

#[test]
fn the_regions_with_the_service_are_known() {
    for region in [
        "af-south-1",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-2",
        "us-east-1",
    ] {
        let url = format!("https://participant.connect.{region}.amazonaws.com");
        assert_eq!(of_region(region, false, false), Some(url));
    }
}

#[test]
fn what_is_no_region_has_no_host() {
    for region in [
        "",
        "us-west",
        "us-west-",
        "us--1",
        "us-west-2 ",
        "US-WEST-2",
        "xx-west-1",
        "us-west-2.evil.example/",
        "us-a@b-1",
        "us-gov-west-1-2",
        "eusc-fr-east-1",
        "us-west-x",
    ] {
        assert_eq!(of_region(region, false, false), None, "{region}");
    }
}
