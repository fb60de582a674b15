//! Pasted blocks: prompts and common indentation taken away, places kept.

/// A text as the parser takes it, and the way back to the places of the one that was given.
pub struct Clean {
    /// Without prompts, the output between them, and common indentation.
    pub text: String,
    /// For each line: where it begins in `text`, and how far the given text is ahead there.
    shifts: Vec<(usize, usize)>,
}

impl Clean {
    /// Cleans a text.
    pub fn of(text: &str) -> Clean {
        let prompted = text.lines().any(|l| is_prompt(l.trim_start(), ">>>"));
        let margin = if prompted { "" } else { margin(text) };
        let mut clean = Clean { text: String::with_capacity(text.len()), shifts: Vec::new() };
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let cut = if prompted {
                let bare = line.trim_start();
                let lead = line.len() - bare.len();
                if is_prompt(bare, ">>>") || is_prompt(bare, "...") {
                    // the space after a prompt belongs to it
                    Some(lead + 3 + usize::from(bare[3..].starts_with(' ')))
                } else {
                    None
                }
            } else if line.starts_with(margin) {
                Some(margin.len())
            } else {
                Some(0)
            };
            if let Some(cut) = cut {
                let from = clean.text.len();
                clean.shifts.push((from, at + cut - from));
                clean.text.push_str(&line[cut..]);
            }
            at += line.len();
        }
        clean
    }

    /// The place in the given text of a place in the clean one.
    pub fn back(&self, at: usize) -> usize {
        let line = self.shifts.partition_point(|s| s.0 <= at);
        at + line.checked_sub(1).map_or(0, |i| self.shifts[i].1)
    }
}

fn is_prompt(line: &str, prompt: &str) -> bool {
    line.strip_prefix(prompt)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n', '\r']))
}

/// The white space that all lines with something on them begin with.
fn margin(text: &str) -> &str {
    let mut common: Option<&str> = None;
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        let lead = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        common = Some(match common {
            None => lead,
            Some(c) => {
                let n = c.bytes().zip(lead.bytes()).take_while(|(a, b)| a == b).count();
                &c[..n]
            }
        });
    }
    common.unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_and_output_between_them_go() {
        let clean = Clean::of(">>> x = (1 +\n...      2)\n>>> x\n3\n");
        assert_eq!(clean.text, "x = (1 +\n     2)\nx\n");
        assert_eq!(clean.back(0), 4);
        assert_eq!(clean.back(clean.text.len() - 2), 29);
    }

    #[test]
    fn common_indentation_goes() {
        let clean = Clean::of("    a = 1\n    b = 2\n");
        assert_eq!(clean.text, "a = 1\nb = 2\n");
        assert_eq!(clean.back(6), 14);
        assert_eq!(Clean::of("...").text, "...");
    }
}
