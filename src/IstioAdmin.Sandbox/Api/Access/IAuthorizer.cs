namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>Says who may do what.</summary>
internal interface IAuthorizer
{
    /// <summary>Whether a user may do something.</summary>
    /// <param name="user">Who asks.</param>
    /// <param name="attributes">What for.</param>
    /// <param name="reason">Why, or why not; may be empty.</param>
    bool Authorize(ApiUser user, RequestAttributes attributes, out string reason);
}
