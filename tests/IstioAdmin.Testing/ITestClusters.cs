namespace IstioAdmin.Testing;

/// <summary>Where tests get clusters of one kind from: real ones, or those of the sandbox. A test that is written against this says the same of both.</summary>
public interface ITestClusters
{
    /// <summary>The shared cluster, with controllers and without nodes. Tests keep to namespaces of their own and never restart it.</summary>
    Task<TestCluster> SharedAsync();

    /// <summary>A cluster for one test, which disposes it: for tests that restart it, or make it forget, or define resources.</summary>
    Task<TestCluster> StartOwnAsync();
}
