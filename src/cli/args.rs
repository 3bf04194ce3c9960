//! The arguments of every command: types only, nothing acts here.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

use crate::catalog::{Engine, VersionRange};
use crate::emit::Layout;
use crate::live::Address;
use crate::value::parse_duration;

/// Checks one TOML spec of your Redis, Valkey, Sentinel and memcached servers, and renders every file
/// that they need.
///
/// Exit codes: 0 clean, 1 findings, 2 wrong usage or an unreadable spec, 3 something could not be
/// checked.
#[derive(Debug, Parser)]
#[command(name = "cachewright", version, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorChoice,

    #[command(subcommand)]
    pub(super) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check specs: will every server start, and does the whole make sense?
    Check(CheckArgs),
    /// Render the files of every node
    Render(RenderArgs),
    /// Compare running servers with the spec
    ///
    /// Nothing is changed: docs/drift.md lists the few commands that are sent. Exit codes: 0 no drift, 1 drift, 2 wrong
    /// usage, 3 something could not be observed, which outweighs 1.
    Drift(Box<DriftArgs>),
    /// Say where a setting of a node comes from
    Why(WhyArgs),
    /// Explain a rule
    Explain(ExplainArgs),
    /// Look up directives and options of the servers
    Catalog(CatalogArgs),
    /// Show where the nodes of clusters stand, or pin them there
    Place(PlaceArgs),
    /// List the templates of rendered files, or export them to start your own from
    Templates(TemplatesArgs),
    /// Print a commented starter spec
    Init(InitArgs),
    /// Print the JSON Schema of specs, for editors: see docs/editor.md
    Schema(SchemaArgs),
    /// Print a script that completes arguments in a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for every command
    Man(ManArgs),
    /// Tools for work on cachewright itself
    #[command(subcommand, hide = true)]
    Dev(DevCommand),
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArg {
    /// For people
    Human,
    /// For programs: see docs/json.md
    Json,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Specs to check; `-` reads standard input
    #[arg(required_unless_present = "list_rules", value_name = "SPEC")]
    pub(super) specs: Vec<PathBuf>,

    /// Mend what has one right answer, in the specs and in the layers that they extend, and report what is left
    #[arg(long)]
    pub(super) fix: bool,

    /// List every rule with its group and level, and check nothing
    #[arg(long, conflicts_with_all = ["specs", "deny", "format", "fix"])]
    pub(super) list_rules: bool,

    /// How to print findings
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: FormatArg,

    /// Exit with 1 on warnings as well
    #[arg(long, value_name = "WHAT", value_parser = ["warnings"])]
    pub(super) deny: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// The spec; `-` reads standard input
    #[arg(value_name = "SPEC")]
    pub(super) spec: PathBuf,

    /// Print one file, named as below the output folder: `sessions/cache-a1/redis.conf`
    #[arg(value_name = "FILE")]
    pub(super) file: Option<String>,

    /// Write all files below this folder
    #[arg(short, long = "out", value_name = "DIR", conflicts_with = "file")]
    pub(super) out: Option<PathBuf>,

    /// Write nothing: show what would change below DIR, and exit with 1 if anything would
    #[arg(long, requires = "out")]
    pub(super) check: bool,

    /// How files lie below the output folder: as DEPLOYMENT/NODE/FILE, or as HOST/DEPLOYMENT/NODE/FILE, one folder
    /// with all that a host gets
    #[arg(long, value_name = "LAYOUT", default_value = "deployment")]
    pub(super) layout: LayoutArg,

    /// Put the secrets in (the files get mode 0600); without this they stay references. Users' passwords become SHA-256
    /// sums without salt, which is right for long random ones only: see docs/secrets.md
    #[arg(long)]
    pub(super) with_secrets: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LayoutArg {
    Deployment,
    Host,
}

impl From<LayoutArg> for Layout {
    fn from(layout: LayoutArg) -> Self {
        match layout {
            LayoutArg::Deployment => Layout::Deployment,
            LayoutArg::Host => Layout::Host,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct DriftArgs {
    /// The spec; `-` reads standard input
    #[arg(value_name = "SPEC")]
    pub(super) spec: PathBuf,

    /// What to look at: a deployment (`sessions`), a node (`sessions/cache-a1`) or a host (`@cache-a1`); everything if
    /// absent
    #[arg(value_name = "SELECTOR")]
    pub(super) selectors: Vec<String>,

    /// How to print what differs
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: DriftFormatArg,

    /// Count as drift what the servers moved themselves, too: another primary after a failover
    #[arg(long, value_name = "WHAT", value_parser = ["moved"])]
    pub(super) deny: Option<String>,

    /// Do not count the known drift that this file accepts, each entry for a reason and up to a day
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Write a baseline of all present drift to this file, for you to fill in the reasons. If it is one already, what it
    /// accepts keeps its reasons
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "format"])]
    pub(super) write_baseline: Option<PathBuf>,

    /// Copies of the hosts' files, as DIR/HOST/PATH-ON-THE-HOST (what `rsync -R` and ansible's `fetch` make): tells what is
    /// not rolled out, waits for a restart, or is lost at the next one
    #[arg(long, value_name = "DIR")]
    pub(super) files: Option<PathBuf>,

    #[command(flatten)]
    pub(super) access: AccessArgs,
}

/// How drift is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DriftFormatArg {
    /// For people
    Human,
    /// For programs: see docs/drift.md
    Json,
    /// JUnit's XML, a node a case
    Junit,
    /// Annotations for GitHub's workflows, at the spec's lines
    Github,
    /// Metrics for the textfile collector of Prometheus's node exporter
    Prometheus,
}

/// How servers are reached; the names are redis-cli's where that has them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connections")]
pub(super) struct AccessArgs {
    /// Log in as this user everywhere. Its password is the variable `REDISCLI_AUTH`, or the one that the spec declares for
    /// it
    #[arg(long, value_name = "USER")]
    pub(super) user: Option<String>,

    /// The certificate authorities to trust, in PEM; the spec's file if this machine has it, else the system's
    #[arg(long, value_name = "FILE")]
    pub(super) cacert: Option<PathBuf>,

    /// The certificate to show to servers, in PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(super) cert: Option<PathBuf>,

    /// The key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(super) key: Option<PathBuf>,

    /// Ask servers for this name and hold their certificate to it; without, only its authority is checked
    #[arg(long, value_name = "NAME")]
    pub(super) sni: Option<String>,

    /// Take any certificate
    #[arg(long)]
    pub(super) insecure: bool,

    /// Reach a node by another address, through a tunnel or NAT: `10.0.1.11:6379=127.0.0.1:16379`, or `@FILE` with a
    /// line for each. May be given several times
    #[arg(long, value_name = "ADDRESS=ADDRESS", value_parser = via)]
    pub(super) via: Vec<Via>,

    /// No memcached was started with -N: before 1.6.40, asking for all settings kills one that was, and only with this
    /// they are asked
    #[arg(long)]
    pub(super) without_napi_ids: bool,

    /// How many servers to ask at a time
    #[arg(long, value_name = "NUMBER", default_value = "64", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(super) parallel: u16,

    /// How long a connection may take
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = parse_duration)]
    pub(super) connect_timeout: Duration,

    /// How long a server may take to answer
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_duration)]
    pub(super) timeout: Duration,

    /// How often a refused connection is tried again within that time
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub(super) retries: u32,
}

/// Other addresses for nodes.
#[derive(Debug, Clone)]
pub(super) enum Via {
    /// Of one node: the address that the spec comes to, and the other one.
    One(Box<(Address, Address)>),
    /// A file with a line for each.
    File(PathBuf),
}

/// Reads `ADDRESS=ADDRESS` or `@FILE`.
fn via(text: &str) -> Result<Via, String> {
    match text.strip_prefix('@') {
        Some(path) => Ok(Via::File(PathBuf::from(path))),
        None => one_via(text).map(|pair| Via::One(Box::new(pair))),
    }
}

/// Reads `ADDRESS=ADDRESS`.
pub(super) fn one_via(text: &str) -> Result<(Address, Address), String> {
    let (from, to) = text.split_once('=').ok_or("write it as `10.0.1.11:6379=127.0.0.1:16379`")?;
    let read = |text: &str| text.trim().parse().map_err(|error| format!("`{}`: {error}", text.trim()));
    Ok((read(from)?, read(to)?))
}

#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    /// The spec; `-` reads standard input
    #[arg(value_name = "SPEC")]
    pub(super) spec: PathBuf,

    /// The node: its name, or `DEPLOYMENT/NODE` where several deployments have one of that name
    #[arg(value_name = "NODE")]
    pub(super) node: String,

    /// The directive or option; all that the node sets if absent
    #[arg(value_name = "DIRECTIVE")]
    pub(super) directive: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The rule, as findings name it; all rules with a line each if absent
    #[arg(value_name = "RULE")]
    pub(super) rule: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct CatalogArgs {
    /// A directive, option, command (`config|get`), category (`@dangerous`), or part of a name; everything if
    /// absent
    #[arg(value_name = "NAME", allow_hyphen_values = true)]
    pub(super) name: Option<String>,

    /// Only this engine
    #[arg(long, value_name = "ENGINE")]
    pub(super) engine: Option<EngineArg>,

    /// Only what this version has, such as 7.2 or 6.2.14
    #[arg(long, value_name = "VERSION")]
    pub(super) version: Option<VersionRange>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineArg {
    Redis,
    Valkey,
    Memcached,
}

impl From<EngineArg> for Engine {
    fn from(engine: EngineArg) -> Self {
        match engine {
            EngineArg::Redis => Engine::Redis,
            EngineArg::Valkey => Engine::Valkey,
            EngineArg::Memcached => Engine::Memcached,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct PlaceArgs {
    /// The spec; `-` reads standard input
    #[arg(value_name = "SPEC")]
    pub(super) spec: PathBuf,

    /// Write the placement as pins to this layer, for `extends` and for your repository
    #[arg(long, value_name = "FILE")]
    pub(super) write: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct TemplatesArgs {
    #[command(subcommand)]
    pub(super) command: Option<TemplatesCommand>,
}

/// What to do with templates.
#[derive(Debug, Subcommand)]
pub(super) enum TemplatesCommand {
    /// Write templates to a folder, for the spec's key `templates`
    Export(ExportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The templates, as `cachewright templates` lists them; all if absent
    #[arg(value_name = "TEMPLATE")]
    pub(super) names: Vec<String>,

    /// Write to this folder. Files that are there already are never changed
    #[arg(short, long = "out", value_name = "DIR", default_value = "templates")]
    pub(super) out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The topology to start from
    #[arg(value_name = "TOPOLOGY", default_value = "standalone")]
    pub(super) topology: TopologyArg,

    /// Write to this file, which must not exist, instead of standard output
    #[arg(short, long = "out", value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TopologyArg {
    Standalone,
    Replicated,
    Sentinel,
    Cluster,
    Memcached,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Write to this file instead of standard output; an older one is replaced
    #[arg(short, long = "out", value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write a page for the program and one for each command to this folder, instead of the program's to standard
    /// output
    #[arg(short, long = "out", value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

/// Tools for work on cachewright itself.
#[derive(Debug, Subcommand)]
pub(super) enum DevCommand {
    /// Compare the catalogue with a running server, and print every disagreement
    VerifyCatalog(VerifyCatalogArgs),
}

#[derive(Debug, Args)]
pub(super) struct VerifyCatalogArgs {
    /// Where the server, Sentinel or memcached listens: `redis://127.0.0.1:6379`, `memcached://127.0.0.1:11211`.
    /// It is asked by trying to change its settings
    #[arg(value_name = "ADDRESS")]
    pub(super) address: Address,

    /// The program of the same server: tells what cannot be changed in a running one
    #[arg(long, value_name = "PATH")]
    pub(super) binary: Option<PathBuf>,

    /// A directive or option that was given when it was started, so that its value is no default; what its file
    /// sets is known without
    #[arg(long, value_name = "NAME")]
    pub(super) given: Vec<String>,

    /// The memcached was not started with -N; before 1.6.40 it is asked for its settings only with this
    #[arg(long)]
    pub(super) without_napi_ids: bool,

    /// Also a server on another machine
    #[arg(long)]
    pub(super) yes: bool,
}
