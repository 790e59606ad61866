using Romana.Cloud.Aws;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Control;

/// <summary>What carrying out a plan needs of EC2. The other implementation is the tests' table, with an outcome for every call.</summary>
internal interface IRouteCalls
{
    /// <summary>Does not throw for what EC2 answers.</summary>
    /// <param name="overtaken">Ends the wait for the call's turn.</param>
    Task<MutationOutcome> ApplyAsync(RouteChange change, CallPriority priority, CancellationToken overtaken, CancellationToken cancel);

    /// <summary>Null: EC2 says that there is no such table.</summary>
    /// <exception cref="Ec2UnavailableException"/>
    Task<SeenTable?> TableAsync(string table, CancellationToken cancel);
}

/// <summary>By EC2's API.</summary>
internal sealed class Ec2RouteCalls(Ec2Writer writer, Ec2Reader reader) : IRouteCalls
{
    public Task<MutationOutcome> ApplyAsync(RouteChange change, CallPriority priority, CancellationToken overtaken, CancellationToken cancel) =>
        writer.ApplyAsync(change, priority, cancel, overtaken);

    public Task<SeenTable?> TableAsync(string table, CancellationToken cancel) => reader.TableAsync(table, cancel);
}
