//! What a key can do, and what the program asks of the terminal in turn.

use super::editor::Editor;
use super::marks::Put;

/// One thing that a user can make the program do. Keys lead to these, and nothing else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// One row up, or as many as the count says.
    Up,
    /// One row down.
    Down,
    /// In the tree: fold, or go to the parent. In the grid: one column left.
    Left,
    /// In the tree: unfold. In the grid: one column right.
    Right,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// Half a screen up.
    HalfUp,
    /// Half a screen down.
    HalfDown,
    /// The first row; with a count that row.
    Top,
    /// The last row; with a count that row.
    Bottom,
    /// The first column.
    FirstColumn,
    /// The last column.
    LastColumn,
    /// The next pane.
    NextPane,
    /// The pane before.
    PreviousPane,
    /// Open or follow what is under the cursor.
    Enter,
    /// To where one was before the last jump.
    Back,
    /// To where one was before going back.
    Forward,
    /// Ask for a text to search in this pane.
    Search,
    /// The next place that has it.
    SearchNext,
    /// The place before that has it.
    SearchPrevious,
    /// Ask for a command or code.
    Command,
    /// Ask for code.
    Expression,
    /// Ask for code that begins with what is selected.
    Insert,
    /// Type what is under the cursor anew.
    Edit,
    /// Type a new attribute or member.
    Add,
    /// Type a new name.
    Rename,
    /// Type what is under the cursor anew, in the user's own editor.
    EditOutside,
    /// Type the name of a new group.
    AddGroup,
    /// Type where a copy of the node goes.
    CopyNode,
    /// Mark a node, or begin to mark cells.
    Mark,
    /// Put the marked nodes into the group.
    Put(Put),
    /// Ask whether to delete what is under the cursor.
    Delete,
    /// Take the last change back.
    Undo,
    /// Make it again.
    Redo,
    /// Show statistics.
    Statistics,
    /// Ask for the index of an element.
    GoIndex,
    /// Ask for a path.
    GoPath,
    /// Show the help.
    Help,
    /// Close what is open: help, bar, message.
    Escape,
    /// Close the view, then the program.
    Quit,
    /// Stop the program as the shell's ^Z does.
    Suspend,
    /// Draw the whole screen anew.
    Redraw,
    /// Cancel the job that runs; else say how to quit.
    Interrupt,
    /// Read the file anew.
    Reload,
    /// Order links by name, or by creation.
    ToggleOrder,
    /// Copy the cell or the value.
    CopyCell,
    /// Copy the path.
    CopyPath,
    /// Copy the code that gives what is shown.
    CopyCode,
    /// Copy a result whole.
    CopyValue,
    /// Step the index of the chosen axis up.
    StepUp,
    /// Step it down.
    StepDown,
    /// Choose the next of the axes that are not shown.
    NextAxis,
    /// Choose the one before.
    PreviousAxis,
    /// Exchange rows and columns.
    Transpose,
    /// Put the next axis on columns.
    CycleColumns,
    /// Put the next axis on rows.
    CycleRows,
    /// One digit more of floats.
    MoreDigits,
    /// One digit fewer.
    FewerDigits,
}

/// What only the terminal's side can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Leave the program.
    Quit,
    /// Stop, and come back when the shell says so.
    Suspend,
    /// Forget what is on the screen and draw it anew.
    Redraw,
    /// Have a text edited in the user's own editor.
    Edit(Editor),
    /// Put a text on the clipboard, and say what it was.
    Copy {
        /// The text.
        text: String,
        /// What it is: `path`, `cell`.
        what: &'static str,
    },
}
