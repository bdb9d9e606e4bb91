namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>Who asks.</summary>
/// <param name="Name">The name, such as <c>system:serviceaccount:NAMESPACE:NAME</c>.</param>
/// <param name="Uid">The uid; empty when there is none.</param>
/// <param name="Groups">The groups.</param>
internal sealed record ApiUser(string Name, string Uid, IReadOnlyList<string> Groups)
{
    /// <summary>Group of those who may do everything.</summary>
    public const string Masters = "system:masters";

    /// <summary>Group of those who are known.</summary>
    public const string Authenticated = "system:authenticated";

    /// <summary>Group of those who are not.</summary>
    public const string Unauthenticated = "system:unauthenticated";

    /// <summary>Name of those who are not known.</summary>
    public const string AnonymousName = "system:anonymous";

    /// <summary>Somebody who sent no credentials.</summary>
    public static ApiUser Anonymous { get; } = new(AnonymousName, "", [Unauthenticated]);
}
