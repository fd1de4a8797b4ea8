/// Which Nodal this is: what the command says of itself, and what files say of who wrote them.
package enum NodalVersion {
  package static let text = "0.1.0"
}
