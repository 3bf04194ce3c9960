//! Directives of sentinel.conf: what `sentinelHandleConfiguration` makes of their arguments (sentinel.c of
//! 6.0.16 to 7.4.1, Valkey's of 8.0.1), and what is left of them after Sentinel has rewritten its file.

use std::net::Ipv6Addr;

use crate::catalog::sentinel::{SentinelArg, SentinelArgKind, SentinelDirective, SentinelFacts, behaviour};
use crate::catalog::{Engine, Target, Version, VersionRange};
use crate::text::sentinel::survives_rewrite;
use crate::text::{Format, Unrepresentable};

use super::atoi::read_atoi;
use super::case::Reading;
use super::cnum::{strtoll, until_nul};
use super::judge::{Judgement, Span, summed_up};
use super::reason::{Otherwise, Reason, Stage};
use super::resplit::split;
use super::value::Value;
use super::written::{BadShape, Written, scalar};

/// Whether a Sentinel's file says `resolve-hostnames yes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostNames {
    /// Names are resolved, by versions that can.
    Resolved,
    /// Only addresses are taken from 6.2 on.
    AddressesOnly,
}

/// Judges the arguments of a Sentinel directive, behind the name of the primary where it has one, for every
/// version of the target.
///
/// What depends on the machine is nobody's here: whether a script is there and executable, whether a host
/// name resolves.
pub fn judge_sentinel<A: AsRef<[u8]>>(
    directive: &SentinelDirective,
    args: &[A],
    names: HostNames,
    target: &Target,
) -> Judgement {
    let args: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
    let mut spans = Vec::new();
    let mut next = target.versions.first;
    for facts in directive.within(target.versions) {
        if next < facts.since {
            spans.push(unknown(VersionRange { first: next, last: facts.since }));
        }
        let first = facts.since.max(target.versions.first);
        let last = target.versions.last;
        spans.push(judged(facts, &args, names, target.engine, VersionRange { first, last }));
        next = facts.until.unwrap_or(Version::new(u8::MAX, 0, 0));
    }
    if next <= target.versions.last {
        spans.push(unknown(VersionRange { first: next, last: target.versions.last }));
    }
    summed_up(spans)
}

fn unknown(versions: VersionRange) -> Span {
    // sentinel.conf has no module to come that could know the line.
    Span { versions, outcome: Err(Reason::NotInThisVersion { stage: Stage::Parse }), otherwise: None }
}

fn judged(
    facts: &SentinelFacts,
    args: &[&[u8]],
    names: HostNames,
    engine: Engine,
    versions: VersionRange,
) -> Span {
    let resolves = match behaviour(engine, versions.first) {
        Some(behaviour) if behaviour.host_names => match names {
            HostNames::Resolved => Resolving::Always,
            HostNames::AddressesOnly => Resolving::Never,
        },
        _ => Resolving::Once,
    };
    match read_line(facts, args, resolves) {
        Ok(reading) => Span { versions, outcome: Ok(reading.value), otherwise: reading.otherwise },
        Err(reason) => Span { versions, outcome: Err(reason), otherwise: None },
    }
}

/// What becomes of a host name.
#[derive(Clone, Copy)]
enum Resolving {
    Always,
    Never,
    /// When the file is read (6.0).
    Once,
}

fn read_line(facts: &SentinelFacts, args: &[&[u8]], resolves: Resolving) -> Result<Reading, Reason> {
    let (fewest, most) = facts.arity();
    if args.len() < fewest || args.len() > most {
        let wanted = match most {
            1 => "one value",
            2 => "two values",
            _ if fewest < most => "two or three values",
            _ => "three values",
        };
        return Err(Reason::WrongArity { wanted, got: args.len(), stage: Stage::Parse });
    }
    if args.len() < most {
        // `known-sentinel` of old files, without an identity.
        return Ok(Reading::noted(as_args(args), Some(Otherwise::LineIgnored)));
    }
    let mut values = Vec::with_capacity(args.len());
    let mut note = None;
    for (kind, arg) in in_reading_order(facts.args, args) {
        let (value, otherwise) = read_arg(facts, kind, arg, resolves)?;
        values.push((kind.name, value));
        note = note.or(otherwise);
    }
    let place = |name| facts.args.iter().position(|arg| arg.name == name);
    values.sort_by_key(|(name, _)| place(*name));
    Ok(Reading::noted(Value::Args(values.into_iter().map(|(_, value)| value).collect()), note))
}

/// Numbers are looked at before addresses are (`monitor` refuses its quorum first, then its port).
fn in_reading_order<'a>(
    kinds: &'static [SentinelArg],
    args: &[&'a [u8]],
) -> Vec<(&'static SentinelArg, &'a [u8])> {
    let mut pairs: Vec<_> = kinds.iter().zip(args.iter().copied()).collect();
    pairs.reverse();
    pairs
}

fn read_arg(
    facts: &SentinelFacts,
    arg: &SentinelArg,
    text: &[u8],
    resolves: Resolving,
) -> Result<(Vec<u8>, Option<Otherwise>), Reason> {
    let whole = until_nul(text);
    let cut = (whole.len() < text.len()).then_some(Otherwise::CutAtNul);
    match arg.kind {
        SentinelArgKind::Atoi(numeric) => {
            let (number, note) = read_atoi(numeric, text)?;
            Ok((number.to_string().into_bytes(), note))
        }
        SentinelArgKind::Bool => {
            let word = [&b"yes"[..], b"no"].into_iter().find(|word| whole.eq_ignore_ascii_case(word));
            word.map(|word| (word.to_vec(), cut)).ok_or(Reason::NotABool)
        }
        SentinelArgKind::Host => {
            read_host(whole, resolves).map(|otherwise| (whole.to_vec(), otherwise.or(cut)))
        }
        SentinelArgKind::Executable if whole.is_empty() => Err(Reason::Empty),
        SentinelArgKind::Id if whole.len() != 40 => Err(Reason::NotAnId),
        SentinelArgKind::Epoch => {
            let number = strtoll(text, 10);
            let note = (number.overflow || number.value < 0).then_some(Otherwise::Saturates);
            let garbage = (!number.digits || !number.rest.is_empty()).then_some(Otherwise::GarbageRead);
            Ok((number.value.to_string().into_bytes(), garbage.or(note)))
        }
        // An empty text is skipped where it is also the default: it does not take anything back.
        SentinelArgKind::Text if whole.is_empty() && facts.default == Some("") => {
            Ok((Vec::new(), Some(Otherwise::LineIgnored)))
        }
        SentinelArgKind::Executable | SentinelArgKind::Id | SentinelArgKind::Text => {
            Ok((whole.to_vec(), cut))
        }
    }
}

fn read_host(text: &[u8], resolves: Resolving) -> Result<Option<Otherwise>, Reason> {
    let address = is_ip_v4(text) || is_ip_v6(text);
    match resolves {
        _ if address => Ok(None),
        Resolving::Never => Err(Reason::NotAnAddress),
        Resolving::Always => Ok(None),
        // An empty name resolves nowhere.
        Resolving::Once if text.is_empty() => Err(Reason::NotAnAddress),
        Resolving::Once => Ok(Some(Otherwise::ResolvedOnce)),
    }
}

/// `inet_aton`: one to four numbers, decimal, octal or hexadecimal; the last fills the remaining bytes.
fn is_ip_v4(text: &[u8]) -> bool {
    let parts: Vec<Option<u32>> = text.split(|&byte| byte == b'.').map(c_unsigned).collect();
    let Some((last, others)) = parts.split_last() else { return false };
    let Some(room) = 4_u32.checked_sub(u32::try_from(others.len()).unwrap_or(u32::MAX)).filter(|&n| n > 0)
    else {
        return false;
    };
    others.iter().all(|part| part.is_some_and(|number| number <= 255))
        && last.is_some_and(|number| u64::from(number) < 1_u64 << (8 * room))
}

/// A number of an address: `10`, `012`, `0xa`.
fn c_unsigned(text: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(text).ok()?;
    let (digits, base) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    if digits.starts_with('+') { None } else { u32::from_str_radix(digits, base).ok() }
}

fn is_ip_v6(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

fn as_args(args: &[&[u8]]) -> Value {
    Value::Args(args.iter().map(|arg| arg.to_vec()).collect())
}

/// Whether arguments are still the same after Sentinel has rewritten its file, which it does at its first start.
///
/// # Errors
/// The number of the first argument that is not, counted from 0, and why: Sentinel writes most texts without
/// quotes, so that the next start is refused or reads another value.
pub fn sentinel_rewrite<A: AsRef<[u8]>>(
    facts: &SentinelFacts,
    args: &[A],
    target: &Target,
) -> Result<(), (usize, Unrepresentable)> {
    if facts.rewritten_in_quotes {
        return args.iter().enumerate().try_for_each(|(at, arg)| {
            survives_quotes(arg.as_ref(), target).map_err(|problem| (at, problem))
        });
    }
    for (at, (kind, arg)) in facts.args.iter().zip(args).enumerate() {
        let arg = arg.as_ref();
        // What sets nothing leaves no line.
        let unset = arg.is_empty() && facts.default == Some("");
        let bare = matches!(
            kind.kind,
            SentinelArgKind::Text | SentinelArgKind::Executable | SentinelArgKind::Host | SentinelArgKind::Id
        );
        if bare && !unset {
            survives_rewrite(arg).map_err(|problem| (at, problem))?;
        }
    }
    Ok(())
}

/// Whether a text stays the same in the quotes that Sentinel writes. Valkey 8.1 escapes neither quotes nor
/// backslashes in them (measured on 8.1.1; 8.0.1 and 9.1.2 do).
fn survives_quotes(arg: &[u8], target: &Target) -> Result<(), Unrepresentable> {
    let careless = target.engine == Engine::Valkey && target.versions.contains(Version::new(8, 1, 1));
    match arg.iter().position(|&byte| matches!(byte, b'"' | b'\\')) {
        Some(at) if careless => {
            let reason = "holds a quote or a backslash, which Valkey 8.1 does not escape";
            Err(Unrepresentable::new(Format::SentinelRewrite, "a value", reason).at(at))
        }
        _ => Ok(()),
    }
}

/// The arguments of every line that a value in a spec stands for, behind the primary's name.
///
/// `true` is `yes`; a list is the arguments of one line, or several lines where lines add up
/// (`rename-command = ["CONFIG x1", "SLAVEOF x2"]`).
///
/// # Errors
/// A list where one value is taken, a list in a list, a text with an open quote.
pub fn written_sentinel_lines(
    facts: &SentinelFacts,
    value: &Written<'_>,
) -> Result<Vec<Vec<Vec<u8>>>, BadShape> {
    use crate::catalog::sentinel::SentinelRepeat::Accumulate;

    let line = |value: &Written<'_>| {
        let text = scalar(value).map_err(|_| BadShape::NestedList)?;
        split(&text).ok_or(BadShape::UnbalancedQuotes)
    };
    match value {
        Written::List(items) if facts.repeat == Accumulate => items.iter().map(line).collect(),
        Written::List(items) if facts.args.len() > 1 => {
            Ok(vec![items.iter().map(scalar).collect::<Result<_, _>>()?])
        }
        value if facts.args.len() > 1 => Ok(vec![line(value)?]),
        value => Ok(vec![vec![scalar(value)?]]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::sentinel::directive;
    use crate::catalog::{Build, Engine};
    use crate::value::Verdict;

    fn target(engine: Engine, versions: &str) -> Target {
        let build = Build { tls: true, defrag: true, systemd: true, modules: false };
        Target { engine, versions: versions.parse().unwrap(), build }
    }

    fn judged(name: &str, args: &[&str]) -> Judgement {
        let target = target(Engine::Redis, "7.0");
        judge_sentinel(directive(Engine::Redis, name).unwrap(), args, HostNames::AddressesOnly, &target)
    }

    fn verdict(name: &str, args: &[&str]) -> Verdict {
        judged(name, args).verdict
    }

    #[test]
    fn numbers_go_through_atoi() {
        use Verdict::{Accepted, AcceptedOtherwise, Refused};
        for (text, verdict, value) in [
            ("30000", Accepted, "30000"),
            (" 007", Accepted, "7"),
            ("30s", AcceptedOtherwise, "30"),
            ("4294967297", AcceptedOtherwise, "1"),
            ("foo", Refused, ""),
            ("2147483648", Refused, ""),
            ("-1", Refused, ""),
        ] {
            let judgement = judged("down-after-milliseconds", &[text]);
            assert_eq!(judgement.verdict, verdict, "{text}");
            let args = [value.as_bytes().to_vec()];
            assert_eq!(judgement.value(), (verdict != Refused).then_some(&Value::Args(args.into())));
        }
        assert_eq!(verdict("parallel-syncs", &["foo"]), AcceptedOtherwise);
        assert_eq!(verdict("parallel-syncs", &["-3"]), Accepted);
    }

    #[test]
    fn hosts_are_addresses_unless_names_are_resolved() {
        let monitor = directive(Engine::Redis, "monitor").unwrap();
        let args = ["cache-a1", "6379", "2"];
        let on =
            |versions, names| judge_sentinel(monitor, &args, names, &target(Engine::Redis, versions)).verdict;
        assert_eq!(on("6.0", HostNames::AddressesOnly), Verdict::AcceptedOtherwise);
        assert_eq!(on("6.2", HostNames::AddressesOnly), Verdict::Refused);
        assert_eq!(on("6.2", HostNames::Resolved), Verdict::Accepted);
        for good in ["10.0.0.1", "127.1", "0x7f.1", "017.0.0.1", "4294967295", "::1", "fe80::1"] {
            assert_eq!(verdict("monitor", &[good, "1", "1"]), Verdict::Accepted, "{good}");
        }
        for bad in
            ["", "10.0.0.256", "1.2.3.4.5", "08.1", "0x", "+1.2.3.4", "10.0.0.1 ", "4294967296", "1..2"]
        {
            assert_eq!(verdict("monitor", &[bad, "1", "1"]), Verdict::Refused, "{bad}");
        }
    }

    #[test]
    fn the_canonical_arguments_keep_their_order() {
        let judgement = judged("monitor", &["10.0.0.1", "6379", "2x"]);
        let args = ["10.0.0.1", "6379", "2"].map(|arg| arg.as_bytes().to_vec());
        assert_eq!(judgement.value(), Some(&Value::Args(args.into())));
        assert_eq!(judgement.otherwise(), Some(Otherwise::GarbageRead));
        assert_eq!(verdict("monitor", &["10.0.0.1", "65536", "2"]), Verdict::Refused);
    }

    #[test]
    fn words_identities_and_versions() {
        assert_eq!(verdict("resolve-hostnames", &["YES"]), Verdict::Accepted);
        assert_eq!(verdict("resolve-hostnames", &["on"]), Verdict::Refused);
        assert_eq!(verdict("sentinel-user", &[""]), Verdict::AcceptedOtherwise);
        assert_eq!(verdict("myid", &["abc"]), Verdict::Refused);
        assert_eq!(verdict("known-sentinel", &["127.0.0.1", "26379"]), Verdict::AcceptedOtherwise);
        assert_eq!(verdict("auth-pass", &[]), Verdict::Refused);
        let names = directive(Engine::Redis, "resolve-hostnames").unwrap();
        let old = target(Engine::Redis, "6.0");
        let judgement = judge_sentinel(names, &["yes"], HostNames::Resolved, &old);
        assert_eq!(judgement.refusal().unwrap().1, &Reason::NotInThisVersion { stage: Stage::Parse });
    }

    #[test]
    fn a_rewrite_loses_what_needs_quotes() {
        let at = |engine, version: &str, name, args: &[&str]| {
            let target = target(engine, version);
            let facts = directive(engine, name).unwrap().at(target.versions.first).unwrap();
            sentinel_rewrite(facts, args, &target).map_err(|(at, _)| at)
        };
        let redis = |name, args: &[&str]| at(Engine::Redis, "7.0.15", name, args);
        assert_eq!(redis("auth-user", &["app"]), Ok(()));
        assert_eq!(redis("auth-user", &["my app"]), Err(0));
        assert_eq!(redis("auth-user", &[""]), Err(0));
        assert_eq!(redis("rename-command", &["CONFIG", "a b"]), Err(1));
        assert_eq!(redis("announce-ip", &["a b\""]), Ok(()));
        assert_eq!(redis("sentinel-user", &[""]), Ok(()));
        assert_eq!(at(Engine::Valkey, "9.1.2", "auth-pass", &["a b"]), Ok(()));
        assert_eq!(at(Engine::Valkey, "8.1.1", "announce-ip", &["a b"]), Ok(()));
        assert_eq!(at(Engine::Valkey, "8.1.1", "announce-ip", &["a\""]), Err(0));
    }

    #[test]
    fn lists_are_arguments_or_lines() {
        let version = Version::new(7, 0, 15);
        let rename = directive(Engine::Redis, "rename-command").unwrap().at(version).unwrap();
        let lines = |facts, value| written_sentinel_lines(facts, &value);
        let two = Written::List(vec![Written::Text("CONFIG c1"), Written::Text("SLAVEOF \"s 2\"")]);
        assert_eq!(lines(rename, two).unwrap()[1], [b"SLAVEOF".to_vec(), b"s 2".to_vec()]);
        assert_eq!(lines(rename, Written::Text("CONFIG c1")).unwrap()[0].len(), 2);
        assert_eq!(lines(rename, Written::Text("CONFIG \"")), Err(BadShape::UnbalancedQuotes));
        let down = directive(Engine::Redis, "down-after-milliseconds").unwrap().at(version).unwrap();
        assert_eq!(lines(down, Written::Integer(5000)).unwrap(), [[b"5000".to_vec()]]);
        assert_eq!(lines(down, Written::List(Vec::new())), Err(BadShape::NotAList));
    }
}
