package wire

import (
	"encoding/json"
	"time"
)

// Deployment is the body of POST /v1/deployments.
type Deployment struct {
	Changes []Change         `json:"changes" doc:"Carried out in order, all or none; 1 to deploy.max_changes (100)"`
	Expect  *DeployCondition `json:"expect,omitempty" doc:"What must be so before the first change"`
	Message string           `json:"message,omitempty" doc:"For the deploy history"`
	DryRun  bool             `json:"dry_run,omitempty" doc:"Check everything, say what would happen, change nothing"`
}

// DeployCondition is a condition of a deployment.
type DeployCondition struct {
	Routes map[string]string `json:"routes,omitempty" ns:"routes" doc:"By workflow type: the version (or prefix) that is routed, or none"`
}

// Change is one change of a deployment. Op decides which members belong to it: archive and route
// (load), type and version (route, unload), type (unroute), type and those of PUT
// /v1/canaries/{type} (canary, which begins one or changes the one there is), or those of POST
// /v1/schedules (schedule, which makes a schedule or replaces it).
type Change struct {
	Op         string   `json:"op" enum:"load,route,unroute,unload,schedule,canary" doc:"What to do"`
	Archive    string   `json:"archive,omitempty" doc:"SHA-256 of an archive that PUT /v1/archives has stored"`
	Route      *bool    `json:"route,omitempty" doc:"Of load: point the routes of all its types at the version; default true"`
	Gate       string   `json:"gate,omitempty" enum:"open" doc:"Of load: route only if every open run of its types replays on the version at that index"`
	Signatures []string `json:"signatures,omitempty" doc:"Of load: signatures of the archive's version, as lines of its signature file"`
	Version    string   `json:"version,omitempty" ns:"version" doc:"Full, or a unique prefix of at least 6 digits"`

	Type       string          `json:"type,omitempty" ns:"name"`
	ScheduleID string          `json:"schedule_id,omitempty" ns:"name"`
	Input      json.RawMessage `json:"input,omitempty"`
	Every      string          `json:"every,omitempty" doc:"As of POST /v1/schedules, like the members below"`
	Cron       string          `json:"cron,omitempty" doc:"Of a schedule"`
	Timezone   string          `json:"timezone,omitempty" doc:"Of a schedule"`
	Overlap    string          `json:"overlap,omitempty" enum:"skip,buffer_one,cancel_previous,allow_all" doc:"Of a schedule"`
	CatchUp    string          `json:"catch_up,omitempty" enum:"one,none,all" doc:"Of a schedule"`
	Attributes Attributes      `json:"attributes,omitempty"`
	Paused     bool            `json:"paused,omitempty"`

	Share         string `json:"share,omitempty" doc:"As of PUT /v1/canaries/{type}, like the members below"`
	Key           string `json:"key,omitempty" doc:"Of a canary"`
	AbortFailures uint64 `json:"abort_failures,omitempty" doc:"Of a canary"`
	PromoteAfter  uint64 `json:"promote_after,omitempty" doc:"Of a canary"`
	For           string `json:"for,omitempty" doc:"Of a canary"`
}

// Schedule is the schedule that a change puts.
func (c *Change) Schedule() ScheduleSpec {
	return ScheduleSpec{
		ScheduleID: c.ScheduleID, Type: c.Type, Input: c.Input, Every: c.Every, Cron: c.Cron, Timezone: c.Timezone, Overlap: c.Overlap, CatchUp: c.CatchUp,
		Attributes: c.Attributes, Paused: c.Paused,
	}
}

// DeploymentAnswer describes what a deployment did.
type DeploymentAnswer struct {
	Changes []json.RawMessage `json:"changes" doc:"For each change, in order, what the operation alone would be answered: a load as POST /v1/packages, a route and an unroute as PUT /v1/routes/{type}, an unload as DELETE /v1/versions/{type}/{version}, a schedule as PUT /v1/schedules/{id}, a canary as PUT /v1/canaries/{type}"`
	DryRun  bool              `json:"dry_run,omitempty" doc:"Nothing was changed; this is what would have happened"`
	Plan    *Plan             `json:"plan,omitempty" doc:"Of a dry run: what would change, as of index"`
	Answered
}

// Plan is what a deployment would change.
type Plan struct {
	Changes    bool              `json:"changes" doc:"A version would be loaded, or a route or a canary would change"`
	Versions   []PlannedVersion  `json:"versions"`
	Routes     []PlannedRoute    `json:"routes" doc:"Routes that would change"`
	Dropped    []DroppedType     `json:"dropped" doc:"Types whose version is replaced for other types and not for them: they stay on it"`
	Pinned     []PlannedPins     `json:"pinned" doc:"Versions that types are routed away from, and that stay because open runs need them"`
	Canaries   []PlannedCanary   `json:"canaries" doc:"Canaries that would begin or change. None would end: a route that would move, and the unload of a canary, are refused while there is one"`
	Schedules  []PlannedSchedule `json:"schedules" doc:"Schedules whose input does not fit the schema of the version that they would start"`
	Unchecked  int               `json:"schedules_unchecked,omitempty" doc:"Schedules that were too many to be checked"`
	Unpolled   []string          `json:"unpolled" doc:"Activities of the packages that no worker has polled for within the last hour, as far as the leader knows"`
	Stopped    []Stop            `json:"stopped,omitempty" doc:"What is stopped of the packages and routes: it stays so"`
	PollsSince time.Time         `json:"polls_since" doc:"Since when the leader knows of polls"`
}

// PlannedVersion is a package that would be loaded.
type PlannedVersion struct {
	Version       string   `json:"version" ns:"version"`
	WorkflowTypes []string `json:"workflow_types" ns:"name"`
	Resident      bool     `json:"resident" doc:"It is loaded already"`
	SignedBy      []string `json:"signed_by,omitempty" doc:"Names of the trusted keys that have signed it"`
}

// PlannedRoute is a route that would change; empty = no route.
type PlannedRoute struct {
	WorkflowType string `json:"workflow_type" ns:"name"`
	From         string `json:"from" ns:"version" doc:"What is routed now"`
	To           string `json:"to" ns:"version" doc:"What would be routed"`
}

// DroppedType is a type that stays on a version which is replaced.
type DroppedType struct {
	WorkflowType string `json:"workflow_type" ns:"name"`
	Version      string `json:"version" ns:"version"`
}

// PlannedPins is a version that stays.
type PlannedPins struct {
	Version       string    `json:"version" ns:"version"`
	WorkflowTypes []string  `json:"workflow_types" ns:"name" doc:"That are routed away from it"`
	Pins          PinCounts `json:"pins"`
}

// PlannedCanary is a canary that would begin or change.
type PlannedCanary struct {
	WorkflowType  string     `json:"workflow_type" ns:"name"`
	Version       string     `json:"version" ns:"version" doc:"Of the canary"`
	Routed        string     `json:"routed" ns:"version" doc:"Version that all other starts would get"`
	Share         string     `json:"share"`
	ShareBefore   string     `json:"share_before,omitempty" doc:"What it has now; absent: it would begin"`
	Key           string     `json:"key,omitempty" doc:"Attribute whose value decides; absent: the workflow id"`
	AbortFailures uint64     `json:"abort_failures,omitempty"`
	PromoteAfter  uint64     `json:"promote_after,omitempty"`
	Until         *time.Time `json:"until,omitempty" doc:"It would be promoted then"`
}

// PlannedSchedule is a schedule whose fires would fail.
type PlannedSchedule struct {
	ScheduleID   string `json:"schedule_id" ns:"name"`
	WorkflowType string `json:"workflow_type" ns:"name"`
	Reason       string `json:"reason" ns:"text"`
}
