namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>Who asks.</summary>
/// <param name="Name">The name, such as <c>system:serviceaccount:NAMESPACE:NAME</c>.</param>
/// <param name="Uid">The uid; empty when there is none.</param>
/// <param name="Groups">The groups.</param>
internal sealed record ApiUser(string Name, string Uid, IReadOnlyList<string> Groups)
{
    /// <summary>Group of those who may do everything.</summary>
    public const string Masters = "system:masters";
}
