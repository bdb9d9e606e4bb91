using System.Management.Automation;
using System.Net;
using System.Security;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Testing.Pipeline;

namespace IstioAdmin.Module.Tests.Pke;

/// <summary>A test with a shell that is connected to a <see cref="PipelineServer"/>.</summary>
public abstract class PkeTest : ModuleTest, IAsyncLifetime
{
    /// <summary>The pools of the article's cluster: three, of two kinds of machines.</summary>
    private protected const string Pools = """
        $pools = (New-PkeNodePool master -Role master c5.large -Zone eu-central-1c),
            (New-PkeNodePool pool1 -Role worker, system t2.medium -Zone eu-central-1c -MaxCount 2 -Autoscaling),
            (New-PkeNodePool pool2 -Role worker t2.medium -Zone eu-central-1c -Count 2);
        """;

    private protected PipelineServer Server { get; private set; } = null!;

    /// <summary>Whether the test calls something that Pipeline does not have.</summary>
    private protected bool ExpectsUnknownCalls { get; set; }

    private protected SecureString Token => Secure(Server.Token);

    public async ValueTask InitializeAsync()
    {
        Server = await PipelineServer.StartAsync();
        Shell.Run("Connect-Pipeline -Endpoint $args[0] -Token $args[1] -Organization team", Server.Uri.ToString(), Token).ThrowIfFailed();
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
        if (!ExpectsUnknownCalls)
            Assert.Empty(Server.Unknown);
    }

    private protected static SecureString Secure(string text) => new NetworkCredential("", text).SecurePassword;

    /// <summary>Asks for the article's cluster; further parameters override.</summary>
    private protected ScriptResult Create(string more = "", string location = "eu-central-1") => Shell.Run(
        $"{Pools} $pools | New-PkeCluster istio-cni-demo -Location {location} -SecretName aws-secret -KubernetesVersion 1.12.2 -Runtime containerd {more}");

    /// <summary>Bodies that the server took for an operation.</summary>
    private protected JsonObject Body(string operation) => Server.Bodies.Last(body => body.Operation == operation).Body;

    private protected int Calls(string operation) => Server.Called.Count(called => called == operation);

    private protected static T Only<T>(ScriptResult result) => (T)Assert.Single(result.ThrowIfFailed().Output).BaseObject;

    /// <summary>Nothing that a shell said has the token in it.</summary>
    private protected void AssertNoToken(ScriptResult result)
    {
        IEnumerable<string> said =
        [
            .. result.Errors.Concat(result.TerminatingError is { } error ? [error] : []).SelectMany(e => new[] { e.ToString(), e.Exception.ToString(), e.ErrorDetails?.RecommendedAction ?? "" }),
            .. result.Warnings, .. result.Verbose, .. result.Progress.Select(p => p.StatusDescription ?? ""),
            .. result.Output.Where(o => o is not null).SelectMany(o => o.Properties.Select(p => Value(p))),
        ];
        Assert.All(said, text => Assert.DoesNotContain(Server.Token, text, StringComparison.Ordinal));
    }

    private static string Value(PSPropertyInfo property)
    {
        try
        {
            return $"{property.Value}";
        }
        catch (GetValueException e)
        {
            return e.ToString();
        }
    }
}
