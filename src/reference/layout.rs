//! JSON as a person would lay it out: what fits stands on one line, so that the file stays readable in reviews
//! and small.

use serde_json::Value;

/// The width that lines are kept to where there is a place to break them.
const WIDTH: usize = 120;

/// The value as text, with a final newline.
pub(super) fn laid_out(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, 0, &mut out);
    out.push('\n');
    out
}

/// Writes a value behind `before` characters of its line.
fn write(value: &Value, depth: usize, before: usize, out: &mut String) {
    let short = value.to_string();
    let (open, close, items): (char, char, Vec<(String, &Value)>) = match value {
        _ if before + short.len() < WIDTH => return out.push_str(&short),
        Value::Object(object) => {
            let key = |key: &String| format!("{}:", Value::from(key.as_str()));
            ('{', '}', object.iter().map(|(name, value)| (key(name), value)).collect())
        }
        Value::Array(items) => ('[', ']', items.iter().map(|item| (String::new(), item)).collect()),
        _ => return out.push_str(&short),
    };
    out.push(open);
    for (at, (key, item)) in items.iter().enumerate() {
        let indent = depth + 1;
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.extend(std::iter::repeat_n(' ', indent));
        out.push_str(key);
        write(item, indent, indent + key.len(), out);
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', depth));
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stands_on_one_line_and_reads_back() {
        let long = "x".repeat(WIDTH);
        let value = serde_json::json!({ "a": [1, 2], "b": { "c": long, "d": [] } });
        let text = laid_out(&value);
        assert_eq!(text, format!("{{\n \"a\":[1,2],\n \"b\":{{\n  \"c\":\"{long}\",\n  \"d\":[]\n }}\n}}\n"));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
