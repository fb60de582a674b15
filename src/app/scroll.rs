//! Where a window stands over rows, after its cursor moved.
//!
//! A step over the edge moves the window by half of its height: over SSH a window that moves by
//! one row is drawn whole for each key, some five kilobytes, and so one in many steps is.

/// The first row of a window of `height` rows over `all`, which stood at `top`, so that it holds
/// the cursor.
pub fn window(top: u64, cursor: u64, height: u64, all: u64) -> u64 {
    let height = height.max(1);
    let half = height / 2;
    let end = top.saturating_add(height);
    let top = if cursor < top {
        let step = cursor + 1 == top;
        cursor.saturating_sub(if step { half } else { 0 })
    } else if cursor >= end {
        let step = cursor == end;
        cursor + 1 - height + if step { half } else { 0 }
    } else {
        top
    };
    // no empty rows at the end while there are some above
    top.min(all.saturating_sub(height)).min(cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_scroll_by_half_and_jumps_as_little_as_needed() {
        assert_eq!(window(0, 9, 10, 100), 0);
        assert_eq!(window(0, 10, 10, 100), 6);
        assert_eq!(window(6, 5, 10, 100), 0);
        assert_eq!(window(50, 49, 10, 100), 44);
        assert_eq!(window(0, 50, 10, 100), 41);
        assert_eq!(window(50, 20, 10, 100), 20);
        assert_eq!(window(0, 99, 10, 100), 90);
        assert_eq!(window(90, 3, 10, 4), 0);
        assert_eq!(window(0, 0, 0, 0), 0);
        assert_eq!(window(0, u64::MAX - 1, 5, u64::MAX), u64::MAX - 5);
    }
}
