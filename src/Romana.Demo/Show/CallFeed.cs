using Romana.Demo.Ec2;

namespace Romana.Demo.Show;

/// <summary>Prints the calls that change the VPC as they come, and counts all.</summary>
internal sealed class CallFeed(SimulatedVpc vpc, Screen screen, PicturePrinter names) : IDisposable
{
    /// <summary>Lines of one stretch of calls; a large cluster's others are only counted.</summary>
    private const int Lines = 120;

    private readonly Lock _gate = new();
    private CallCounts _counts = CallCounts.None;
    private int _printed;

    public CallFeed Attach()
    {
        vpc.Called += Show;
        return this;
    }

    /// <summary>What came since the last time; counts from zero again.</summary>
    public CallCounts Take()
    {
        lock (_gate)
        {
            var counts = _counts;
            _counts = CallCounts.None;
            _printed = 0;
            return counts;
        }
    }

    public void Dispose() => vpc.Called -= Show;

    private void Show(CallRecord call)
    {
        int printed;
        lock (_gate)
        {
            _counts = _counts.With(call);
            if (!call.Mutates) return;
            printed = ++_printed;
        }

        if (printed <= Lines) screen.Call($"  {Describe(call)}{(call.Outcome == "ok" ? "" : $"  ({call.Outcome})")}");
        else if (printed == Lines + 1) screen.Call("  ... and more, counted below");
    }

    private string Describe(CallRecord call) => call.Action switch
    {
        "CreateRoute" or "ReplaceRoute" => $"{call.Action,-12} {Table(call)} {Destination(call),-18} -> {names.NameOf(call["NetworkInterfaceId"])}",
        "DeleteRoute" => $"{call.Action,-12} {Table(call)} {Destination(call)}",
        "ModifyNetworkInterfaceAttribute" =>
            $"{call.Action} {names.NameOf(call["NetworkInterfaceId"]),-8} source/destination check {(call["SourceDestCheck.Value"] == "true" ? "on" : "off")}",
        _ => $"{call.Action} {string.Join(' ', call.Parameters.Select(pair => $"{pair.Key}={pair.Value}"))}",
    };

    private string Table(CallRecord call) => $"{names.NameOf(call["RouteTableId"]),-8}";

    private static string Destination(CallRecord call) => call["DestinationCidrBlock"] + call["DestinationIpv6CidrBlock"];
}
