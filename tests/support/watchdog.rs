//! Servers die with their test process, even when that is killed.
//!
//! One shell per test process reads the pids of its servers from a pipe. The pipe ends when the process does,
//! in whatever way, and the shell then kills what is left. (A death signal of the parent would be shorter, but
//! it is tied to the thread that started the server, and tests start servers from threads that end.)

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

/// `+PID` adds, `-PID` takes away. The signals that a terminal or a test runner sends to the whole group are
/// ignored: the shell must outlive the process that it watches.
const SCRIPT: &str = r#"
trap '' INT TERM HUP QUIT
pids=' '
while read -r line; do
    case $line in
        +*) pids="$pids${line#+} " ;;
        -*) pids="${pids%% ${line#-} *} ${pids#* ${line#-} }" ;;
    esac
done
for pid in $pids; do kill -KILL "$pid"; done
"#;

static SHELL: LazyLock<Mutex<(Child, ChildStdin)>> = LazyLock::new(|| {
    let mut child = Command::new("sh")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell to watch over the servers");
    let pipe = child.stdin.take().expect("its stdin is piped");
    Mutex::new((child, pipe))
});

/// Has the process killed when this one ends.
pub(crate) fn watch(pid: u32) {
    tell(&format!("+{pid}\n"));
}

/// Takes a process off the list: it has ended and its pid may go to another.
pub(crate) fn forget(pid: u32) {
    tell(&format!("-{pid}\n"));
}

fn tell(line: &str) {
    let mut shell = SHELL.lock().unwrap_or_else(PoisonError::into_inner);
    shell.1.write_all(line.as_bytes()).expect("the watching shell is there");
}
