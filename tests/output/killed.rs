//! Runs that are killed at any moment, and runs at the same time.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::{Place, Tree, WORK, finish, program, spec};

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        // Knuth's MMIX constants; the upper bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn start(place: &Place, spec: &Path) -> Child {
    let mut command = program();
    command.arg("render").arg(spec).arg("-o").arg(place.out());
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// When a run is killed.
enum Moment {
    /// After some time.
    After(Duration),
    /// Some time after it has begun to move files into place.
    Moving(Duration),
}

/// Starts a run and kills it; whether it was still at work.
fn kill(place: &Place, spec: &Path, moment: &Moment) -> bool {
    let mut child = start(place, spec);
    match moment {
        Moment::After(delay) => std::thread::sleep(*delay),
        Moment::Moving(delay) => {
            let pending = place.out().join(WORK).join("pending-0.json");
            while !pending.exists() && child.try_wait().unwrap().is_none() {
                std::hint::spin_loop();
            }
            let begun = Instant::now();
            while begun.elapsed() < *delay {
                std::hint::spin_loop();
            }
        }
    }
    child.kill().unwrap();
    child.wait().unwrap().signal().is_some()
}

/// Every file is as one of the renderings has it, and every file that all of them have is there.
#[track_caller]
fn old_or_new(now: &Tree, all: &[&Tree]) {
    for (path, file) in now.iter().filter(|(path, _)| !path.starts_with(WORK)) {
        assert!(all.iter().any(|tree| tree.get(path) == Some(file)), "{path} is neither old nor new");
    }
    for path in all[0].keys().filter(|path| all.iter().all(|tree| tree.contains_key(*path))) {
        assert!(now.contains_key(path), "{path} is gone");
    }
}

#[test]
fn killed_at_random_every_file_is_old_or_new() {
    let place = Place::new();
    let mut numbers = Numbers(7);
    // The same nodes with other settings, more and fewer of them, and another deployment altogether.
    let texts = [spec(80, 10), spec(80, 20), spec(50, 30), crate::deployment("other", 30, 10)];
    let specs: Vec<PathBuf> =
        texts.iter().enumerate().map(|(number, text)| place.spec(&format!("{number}.toml"), text)).collect();
    let clean: Vec<Tree> = specs.iter().map(|spec| place.clean(spec)).collect();
    let begun = Instant::now();
    place.rendered(&specs[0]);
    let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();

    let (mut killed, mut left_work, mut mixed) = (0, 0, 0);
    let mut now = 0;
    let mut round = 0;
    // How many are hit in the middle is up to the machine: it goes on until enough were.
    while round < 40 || killed <= 20 || left_work <= 10 || mixed <= 3 {
        round += 1;
        assert!(round < 1000, "{killed} {left_work} {mixed}: too few to tell");
        // Sometimes several are killed in a row before one may finish.
        let mut touched = vec![now];
        for _ in 0..=numbers.below(2) {
            let next = usize::try_from(numbers.below(4)).unwrap();
            let moment = if round % 2 == 0 {
                Moment::After(Duration::from_micros(numbers.below(whole)))
            } else {
                Moment::Moving(Duration::from_micros(numbers.below(2000)))
            };
            killed += usize::from(kill(&place, &specs[next], &moment));
            touched.push(next);
            let tree = place.tree();
            old_or_new(&tree, &touched.iter().map(|spec| &clean[*spec]).collect::<Vec<_>>());
            left_work += usize::from(place.out().join(WORK).exists());
            let visible: Tree = tree.into_iter().filter(|(path, _)| !path.starts_with(WORK)).collect();
            let is_whole = clean.contains(&visible);
            mixed += usize::from(!is_whole);
            // The check tells whether it is as the spec has it.
            let code = place.check(&specs[next]).code;
            assert_eq!(code, Some(i32::from(visible != clean[next])));
        }
        // Any next run ends right, that of the same spec or another.
        now = usize::try_from(numbers.below(4)).unwrap();
        place.rendered(&specs[now]);
        assert_eq!(place.tree(), clean[now]);
    }
    eprintln!("{killed} runs killed, {left_work} left their work, {mixed} a mixture of old and new");
}

#[test]
fn many_at_once_leave_one_whole_rendering() {
    let place = Place::new();
    let specs = [place.spec("one.toml", &spec(40, 10)), place.spec("two.toml", &spec(30, 20))];
    let clean = [place.clean(&specs[0]), place.clean(&specs[1])];
    let (mut done, mut refused) = (0, 0);
    let mut rounds = 0;
    // Until some met each other.
    while rounds < 10 || refused == 0 {
        rounds += 1;
        assert!(rounds < 200, "{done} runs, and none met another");
        let children: Vec<Child> = (0..6).map(|number| start(&place, &specs[number % 2])).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            match output.status.code() {
                Some(0) => done += 1,
                Some(2) => {
                    refused += 1;
                    assert!(said.contains("another cachewright is writing"), "{said}");
                }
                code => panic!("{code:?}: {said}"),
            }
        }
        let tree = place.tree();
        assert!(clean.contains(&tree), "neither of the two: {:?}", tree.keys().collect::<Vec<_>>());
    }
    eprintln!("{done} runs, {refused} refused");
    assert!(done >= rounds, "in each round at least one comes to its end");
}

#[test]
fn looking_while_somebody_writes_never_fails_otherwise() {
    let place = Place::new();
    let specs = [place.spec("one.toml", &spec(40, 10)), place.spec("two.toml", &spec(40, 20))];
    place.rendered(&specs[0]);
    for round in 0..10 {
        let mut child = start(&place, &specs[(round + 1) % 2]);
        let run = finish(program().args(["render", "--check", "-o"]).arg(place.out()).arg(&specs[0]));
        assert!(matches!(run.code, Some(0 | 1)), "{run:?}");
        assert!(child.wait().unwrap().success());
    }
}
