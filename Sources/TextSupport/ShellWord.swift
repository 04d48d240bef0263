/// A text as a shell reads it as one word, whatever is in it; as it is, if nothing in it means something to a shell.
package func shellWord(_ text: String) -> String {
    text.wholeMatch(of: /[A-Za-z0-9_.,:\/@%+-]+/) != nil ? text : "'" + text.replacing("'", with: "'\\''") + "'"
}
