namespace IstioAdmin.Core.Operators;

/// <summary>How an operator marks the namespaces whose pods it has injected.</summary>
/// <param name="Label">The label that says that the operator set it.</param>
/// <param name="Value">Its value.</param>
/// <param name="Removes">Labels that go with it.</param>
internal sealed record NamespaceMark(string Label, string Value, IReadOnlyList<string> Removes);
