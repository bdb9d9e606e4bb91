namespace IstioAdmin.Iptables.Model;

/// <summary>A value that a rule compares with, and whether <c>!</c> stood before it.</summary>
/// <typeparam name="T">What is compared.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Negated">Whether the comparison is turned round.</param>
public readonly record struct Negatable<T>(T Value, bool Negated);
