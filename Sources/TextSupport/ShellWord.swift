/// Text that a shell parses as one word: quoted, unless it contains only characters without a meaning to shells.
package func shellWord(_ text: String) -> String {
    text.wholeMatch(of: /[A-Za-z0-9_.,:\/@%+-]+/) != nil ? text : "'" + text.replacing("'", with: "'\\''") + "'"
}
