//! Baselines.

use super::{Stage, server};

#[test]
fn a_baseline_accepts_what_is_known_and_no_more() {
    let Some(server) = server() else { return };
    let stage = Stage::start(server);
    let (file, name) = (stage.file("baseline.toml"), "baseline.toml");
    let path = file.to_str().unwrap();
    for running in &stage.servers {
        running.command(&["CONFIG", "SET", "maxmemory", "2gb"]);
    }
    stage.servers[0].command(&["CONFIG", "SET", "hz", "20"]);
    let run = stage.drift(&["--write-baseline", path]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), ""), "{}", run.err);
    assert!(run.err.contains("accepts 3 differences; 2 entries need a reason"), "{}", run.err);
    // Without reasons it is no baseline yet, and says where.
    let run = stage.drift(&["--baseline", path]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{}", run.err);
    assert_eq!(run.err.matches("the reason is missing").count(), 2, "{}", run.err);
    let text = std::fs::read_to_string(&file).unwrap();
    let filled = text.replace("reason = \"\"", "reason = \"load test\"");
    std::fs::write(&file, &filled).unwrap();
    let run = stage.drift(&["--baseline", path]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("no drift: 2 nodes compared; 3 differences accepted in "), "{}", run.out);
    assert_eq!(run.err, "");
    // Known drift that drifts further is drift again, and its entry no longer applies.
    stage.servers[0].command(&["CONFIG", "SET", "hz", "30"]);
    let run = stage.drift(&["--baseline", path]);
    assert_eq!(run.code, Some(1), "{}", run.out);
    assert!(run.out.contains("30") && !run.out.contains("2gb"), "{}", run.out);
    let line = 1 + filled.lines().position(|line| line == "subject = \"hz\"").unwrap() - 1;
    assert!(
        run.err.contains(&format!("{name}:{line}: `hz` is not `20` on {}", stage.node(0))),
        "{}",
        run.err
    );
    // Nothing is said of nodes that were not asked.
    let run = stage.drift(&["--baseline", path, &stage.node(1)]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{}", run.out);
    // Written anew, it keeps the reasons of what still differs.
    let run = stage.drift(&["--write-baseline", path]);
    assert!(run.err.contains("one entry needs a reason"), "{}", run.err);
    assert!(std::fs::read_to_string(&file).unwrap().contains("reason = \"load test\""));
    // An expired entry accepts nothing.
    std::fs::write(&file, filled.replace("until = 20", "until = 19")).unwrap();
    let run = stage.drift(&["--baseline", path]);
    assert_eq!(run.code, Some(1), "{}", run.out);
    assert!(run.out.contains("2gb") && run.err.contains("was accepted until 19"), "{}{}", run.out, run.err);
    // Files of others are left alone.
    std::fs::write(&file, "mine = true\n").unwrap();
    let run = stage.drift(&["--write-baseline", path]);
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine = true\n");
}
