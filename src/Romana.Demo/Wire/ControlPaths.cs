using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Romana.Demo.Ec2;

namespace Romana.Demo.Wire;

/// <summary>The simulated account's own doors, beside the EC2 protocol: /_demo/... in JSON (docs/demo.md).</summary>
internal static class ControlPaths
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static void Map(IEndpointRouteBuilder routes, SimulatedVpc vpc)
    {
        var demo = routes.MapGroup("/_demo");
        demo.MapGet("/calls", (HttpContext http) => Send(http, vpc.Calls.Select(CallOf)));
        demo.MapGet("/tables", (HttpContext http) => Send(http, vpc.State.Tables.Values.Select(table => TableOf(vpc.State, table))));
        demo.MapGet("/instances", (HttpContext http) => Send(http, vpc.State.Instances.Values.Select(one => InstanceOf(vpc.State, one))));
        demo.MapPost("/instances", (HttpContext http) => Take<Launch>(http, launch => Act(http, () =>
        {
            var made = vpc.Launch(launch);
            return InstanceOf(vpc.State, made);
        })));
        demo.MapPost("/instances/{id}/{act}", (HttpContext http, string id, string act) => Act(http, () => Move(vpc, id, act)));
        demo.MapGet("/faults", (HttpContext http) => Send(http, vpc.Faults.Waiting));
        demo.MapPost("/faults", (HttpContext http) => Take<Fault>(http, fault => Act(http, () =>
        {
            vpc.Faults.Add(fault);
            return fault;
        })));
        demo.MapDelete("/faults", (HttpContext http) => Act(http, () =>
        {
            vpc.Faults.Clear();
            return vpc.Faults.Waiting;
        }));
        demo.MapGet("/behaviour", (HttpContext http) => Send(http, vpc.Behaviour));
        demo.MapPut("/behaviour", (HttpContext http) => Take<Behaviour>(http, behaviour => Act(http, () => vpc.Behaviour = behaviour)));
    }

    private static object Move(SimulatedVpc vpc, string id, string act)
    {
        switch (act)
        {
            case "stop": vpc.Stop(id); break;
            case "start": vpc.Start(id); break;
            case "terminate": vpc.Terminate(id); break;
            case "impair": vpc.Impair(id); break;
            case "heal": vpc.Impair(id, impaired: false); break;
            case "retire": vpc.Schedule(id, "instance-retirement", vpc.Now + TimeSpan.FromMinutes(30)); break;
            case "spot-notice": vpc.MarkForTermination(id); break;
            default: throw new ArgumentException($"'{act}' is none of stop, start, terminate, impair, heal, retire, spot-notice", nameof(act));
        }

        return InstanceOf(vpc.State, vpc.State.FindInstance(id) ?? vpc.State.Instances.Values.Last(one => one.Name == id));
    }

    private static object CallOf(CallRecord call) =>
        new { call.Number, call.At, call.Action, call.Outcome, call.Mutates, call.Parameters };

    private static object TableOf(AccountState state, RouteTable table) => new
    {
        table.Id,
        table.Main,
        table.Subnets,
        table.Tags,
        Used = RouteRules.Used(state, table, Romana.Ipam.Addressing.IpFamily.IPv4),
        Used6 = RouteRules.Used(state, table, Romana.Ipam.Addressing.IpFamily.IPv6),
        Routes = table.AllRoutes.Select(route => new { route.Destination, route.Target, route.Origin, Blackhole = state.IsBlackhole(route) }),
    };

    private static object InstanceOf(AccountState state, Instance one) => new
    {
        one.Id,
        one.Name,
        one.State,
        one.Zone,
        Subnet = one.SubnetId,
        one.Tags,
        Interfaces = one.Interfaces.Select(id => new { id, state.Interfaces[id].Address, state.Interfaces[id].SourceDestCheck }),
    };

    private static async Task Take<T>(HttpContext http, Func<T, Task> act)
    {
        try
        {
            var body = await http.Request.ReadFromJsonAsync<T>(Json, http.RequestAborted).ConfigureAwait(false)
                       ?? throw new JsonException("a JSON object is wanted");
            await act(body).ConfigureAwait(false);
        }
        catch (Exception bad) when (bad is JsonException or InvalidOperationException)
        {
            await SendError(http, bad.Message).ConfigureAwait(false);
        }
    }

    private static async Task Act(HttpContext http, Func<object> act)
    {
        try
        {
            await Send(http, act()).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is ArgumentException or InvalidOperationException)
        {
            await SendError(http, refused.Message).ConfigureAwait(false);
        }
    }

    private static Task SendError(HttpContext http, string message)
    {
        http.Response.StatusCode = StatusCodes.Status400BadRequest;
        return Send(http, new { error = message });
    }

    private static Task Send(HttpContext http, object body) => http.Response.WriteAsJsonAsync(body, body.GetType(), Json);
}
