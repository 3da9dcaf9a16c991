/* The owner-word ring (core/ring/mpmc.hpp has the algorithm). One STEP = one shared access, and a participant may die at each;
   RSTEP the same of a recoverer, which may die too. Hints are stale by anything. Laps go over zero with LM and START.
   run:  spin DEFS -a owr.pml
         gcc -O2 -w -DSAFETY -DCOLLAPSE -DNOFAIR -DVECTORSZ=2048 -DMEMLIM=7500 -o pan pan.c; ./pan -E -m2000000 -w27

   NP, NC producers and consumers, MSGS of each producer, CRASH deaths, RCRASH deaths of recoverers, NREC recoverers, NSLOT slots
   and KB their log2, GMASK which bits of the generation are in the word. TRIES counts deaths with the message in hand (as the
   code does), ABORT gives claims up, DROP drops what a dead consumer had taken, REALHINT stores hints, COPY and MIXED take by
   copy-then-CAS, TICKET draws positions by fetch_add (SKIPB living tickets may be passed), BOUND asserts how many words a call may look at.

   Asserted: every position is claimed and taken in order, once; FULL and EMPTY are exact; a holder's word is its own until it
   stores; a message is delivered whole, once, or again and flagged; in the end every slot is free, everything committed
   delivered, everybody alive.

   Exhausted, no error (states), all with TRIES:          Must fail:
   NP=1 NC=1 MSGS=2 CRASH=1 RCRASH=1 NREC=1      26 013    LITFLAG  orphans by a sticky flag that a reader clears
   NP=2 NC=1 MSGS=1 CRASH=1 NREC=1              108 334    NORECHECK  a recoverer that does not ask the registry again
   NP=1 NC=2 MSGS=1 CRASH=2 NREC=1              430 968    BADJUMP  a consumer that jumps by the producer's rule
   NP=1 NC=1 MSGS=3 CRASH=1 RCRASH=1 NREC=1 ABORT  153 309  STRICTFULL  "full" taken for N messages in the ring
   NP=1 NC=1 MSGS=3 CRASH=1 NREC=1 DROP          25 589    COPYAFTER (COPY)  a copy after the CAS
   NP=2 NC=1 MSGS=3 CRASH=1 RCRASH=1 NREC=1        30 M    HINTCHECK, TLITERAL (TICKET)
   NP=1 NC=2 MSGS=3 CRASH=2 NREC=1                 57 M    DRAWSAGAIN (TICKET)
   NP=2 NC=2 MSGS=1 CRASH=2 NREC=1                 91 M    (these three take gigabytes and minutes)
   NP=1 NC=1 MSGS=1 CRASH=2 NREC=2 GMASK=0       188 967  the same without TRIES
   TICKET SKIPB=1 NP=2 NC=1 MSGS=2                273 191
   TICKET SKIPB=1 REALHINT NP=1 NC=2 MSGS=4       277 205
   TICKET SKIPB=0 NP=2 NC=1 MSGS=1 CRASH=1 NREC=1 188 203
   COPY NP=1 NC=1 MSGS=3 CRASH=1 NREC=1            17 558
   MIXED NP=1 NC=2 MSGS=1 CRASH=1 NREC=1           95 851
   COPY NP=2 NC=1 MSGS=2 CRASH=2 NREC=1           8.1 M    (half a minute)
   Not exhausted, no error in 63 M states: NP=2 NC=2 MSGS=1 CRASH=1 NREC=2

   Of the seven flaws of the first draft six are here, the one of the out-of-line word is in out_of_line.pml:
   1 LITFLAG     an orphan flag that a reader clears: that reader dies, and the orphan is lost for ever
   2 NORECHECK   a delayed recoverer gives up the claim of a living one that has the dead one's index and generation
   3 no TRIES    TAKEN -> ORPHAN -> TAKEN of the same name is the same word: a delayed recoverer takes it from a living one
   4 HINTCHECK   tickets, full told by the consumers' hint, which may stay behind: full for ever
   5 DRAWSAGAIN  tickets, a new one after each "full": the tail runs away from the messages (T is bounded here)
   6 TLITERAL    tickets, a slot of a lap before told as "empty": its ticket may be out, and what comes behind it
*/
#ifndef NSLOT
#define NSLOT 2
#define KB 1
#endif
#ifndef GMASK
#define GMASK 3
#endif
#define NPART (NP+NC)
#define FREE 0
#define CLAIMED 1
#define READY 2
#define TAKEN 3
#define VOID 4
#define ORPHAN 5
#define W(l,rd,g,o,s) (((l)<<10)|((rd)<<8)|((g)<<6)|((o)<<3)|(s))
#ifdef TRIES
#define INC(x) ((x)+1)
#else
#define INC(x) 1
#endif
#ifndef LM
#define LM 31
#endif
#ifndef START
#define START 0
#endif
#define LAP(w) (((w)>>10)&LM)
#define RD(w) (((w)>>8)&3)
#define GEN(w) (((w)>>6)&3)
#define OWN(w) (((w)>>3)&7)
#define ST(w) ((w)&7)
#define IX(p) ((p)&(NSLOT-1))
#define LP(p) (((p)>>KB)&LM)
#define SD(w,p) (((LAP(w)-LP(p)+((LM+1)/2))&LM)-((LM+1)/2))
#define POS(w,i) ((LAP(w)<<KB)|(i))
#define NX(l) (((l)+1)&LM)

#define DEAD(j) (rst[j]!=0 && !alive[j])
short word[NSLOT];
byte pay0[NSLOT], pay1[NSLOT], cm[NSLOT];
byte rst[NPART], rgen[NPART];          /* registry: 0 FREE 1 ALIVE 2 DEAD ; 32-bit gen (never wraps here) */
bit alive[NPART]; bit dirty[NPART];
byte T, H;                             /* ghost: claimed count, taken-in-order count  (TICKET: T is the real tail) */
byte thint, hhint, nxt[NP];
byte status[NP*MSGS+1];                /* ghost: 0 not committed 1 READY 2 delivered */
byte crashes=CRASH, rcrashes=RCRASH;
byte orphans;                          /* LITFLAG: 0/1 sticky; else: epoch */
#ifdef TICKET
byte skips=SKIPB; byte pend[NP];       /* ghost: pending ticket+1 of a live producer */
#endif
inline DIRTY() { byte z; z=0; do :: z<NPART -> dirty[z]=1; z++ :: else -> break od; z=0 }
#ifdef BOUND
#define B0(x) cnt=0; t0=x;
#define BL(x) cnt++; assert(cnt<=NSLOT+1+2*((x)-t0));
#define BZ cnt=0; t0=0;
#else
#define B0(x)
#define BL(x)
#define BZ
#endif
#define STEP(...) if :: atomic { __VA_ARGS__ } :: atomic { crashes>0 -> crashes--; goto crashed } fi
#define RSTEP(...) if :: atomic { __VA_ARGS__ } :: atomic { rcrashes>0 -> rcrashes--; goto rc } fi

proctype P(byte me) {
  byte p, m, g; short w;
#ifdef BOUND
  byte cnt, t0;
#endif
start:
  atomic { rst[me]==0 -> rst[me]=1; alive[me]=1; g=rgen[me]&GMASK }
next:
  atomic { if :: nxt[me]<MSGS -> nxt[me]++; m=me*MSGS+nxt[me] :: else -> p=0;m=0;w=0; goto done fi }
retry:
#ifdef TICKET
#ifdef HINTCHECK
  STEP( dirty[me]=0; p=T );
  STEP( if :: p>=hhint+NSLOT -> p=0; goto isfull :: else fi );
#else
  STEP( dirty[me]=0; p=T );
  STEP( w=word[IX(p)]; if :: SD(w,p)<0 -> p=0; w=0; goto isfull :: else fi );
#endif
  STEP( p=T; T++; assert(T<=NP*MSGS+SKIPB+CRASH); pend[me]=p+1; DIRTY() );
load:
  STEP( w=word[IX(p)];
    if :: SD(w,p)==0 && ST(w)==FREE -> skip
       :: SD(w,p)==0 && ST(w)!=FREE -> assert(false)
       :: SD(w,p)>0 -> pend[me]=0; w=0; p=0; goto retry
#ifndef DRAWSAGAIN
       :: SD(w,p)<0 -> dirty[me]=0; w=0; goto kept      /* returns FULL, keeps the ticket for the next call */
#else
       :: SD(w,p)<0 -> pend[me]=0; w=0; p=0; DIRTY(); goto isfull      /* returns FULL, leaves a hole */
#endif
    fi );
  STEP( if :: word[IX(p)]==w -> word[IX(p)]=W(LP(p),0,g,me,CLAIMED); w=0; pend[me]=0; DIRTY()
           :: else -> goto load fi );
#else
#ifdef REALHINT
  STEP( dirty[me]=0; p=thint );
#else
  STEP( dirty[me]=0; B0(T) p=START; do :: p<T -> p++ :: break od );
#endif
load:
  STEP( BL(T) w=word[IX(p)];
    if :: SD(w,p)==0 && ST(w)==FREE -> skip
       :: SD(w,p)==0 && ST(w)!=FREE -> p++; goto load
       :: SD(w,p)>0 -> p=p+SD(w,p)*NSLOT; if :: ST(w)==FREE -> p=p-NSLOT+1 :: else -> p=p+1 fi; goto load
       :: SD(w,p)<0 -> assert(T==p && SD(w,p)==-1 && ST(w)!=FREE);
#ifdef STRICTFULL
            assert(T-H==NSLOT);
#endif
            p=0; w=0; BZ goto isfull
    fi );
  STEP( if :: word[IX(p)]==w -> word[IX(p)]=W(LP(p),0,g,me,CLAIMED); w=0; assert(p==T); T++; BZ DIRTY()
           :: else -> goto load fi );
#ifdef REALHINT
  STEP( thint=p+1; assert(thint<=T); DIRTY() );
#endif
#endif
  STEP( pay0[IX(p)]=m );
  STEP( pay1[IX(p)]=m );
  STEP( assert(word[IX(p)]==W(LP(p),0,g,me,CLAIMED));
#ifdef ABORT
     if :: word[IX(p)]=W(LP(p),0,g,me,VOID)
        :: word[IX(p)]=W(LP(p),0,g,me,READY); status[m]=1; cm[IX(p)]=m
     fi;
#else
     word[IX(p)]=W(LP(p),0,g,me,READY); status[m]=1; cm[IX(p)]=m;
#endif
     DIRTY(); p=0; goto next );
isfull:
  atomic { dirty[me] -> goto retry };
#ifndef DRAWSAGAIN
kept:
  atomic { dirty[me] -> goto load };
#endif
crashed:
  atomic { alive[me]=0; BZ p=0; m=0; w=0; g=0;
#ifdef TICKET
    pend[me]=0;
#endif
    DIRTY(); goto start };
done: skip
}

proctype C(byte me) {
  byte p, s, g, c0, c1, e, seen; short w; byte rd; bit inh;
#ifdef BOUND
  byte cnt, t0;
#endif
start:
  atomic { rst[me]==0 -> rst[me]=1; alive[me]=1; g=rgen[me]&GMASK; seen=255 }
retry:
#ifndef COPY
#ifdef LITFLAG
  STEP( dirty[me]=0; if :: orphans -> skip :: else -> goto hint fi );
  STEP( if :: orphans -> orphans=0; s=0; goto oscan :: else -> goto hint fi );
#else
  STEP( dirty[me]=0; BZ e=orphans; if :: e!=seen -> s=0 :: else -> e=0; goto hint fi );
#endif
oscan:
  if :: s==NSLOT -> atomic { s=0;
#ifndef LITFLAG
          seen=e; e=0;
#endif
          goto hint }
     :: else fi;
  STEP( w=word[s]; if :: ST(w)==ORPHAN -> skip :: else -> s++; w=0; goto oscan fi );
  STEP( if :: word[s]==w -> word[s]=W(LAP(w),INC(RD(w)),g,me,TAKEN); p=POS(w,s); rd=INC(RD(w)); assert(rd<=3); w=0; inh=1; DIRTY(); goto deliver
           :: else -> w=0; goto oscan fi );
#else
  STEP( dirty[me]=0 );
#endif
hint:
#ifdef REALHINT
  STEP( p=hhint );
#else
  STEP( B0(H) p=START; do :: p<H -> p++ :: break od );
#endif
load:
  STEP( BL(H) w=word[IX(p)];
    if :: SD(w,p)==0 ->
         if :: ST(w)==READY -> skip
            :: ST(w)==TAKEN || ST(w)==ORPHAN -> p++; goto load
            :: ST(w)==VOID -> goto vcas
            :: ST(w)==CLAIMED -> assert(H==p && T>p); p=0; w=0; goto idle
            :: ST(w)==FREE ->
#ifdef TICKET
               goto tfree
#else
               assert(H==p && T==p); p=0; w=0; goto idle
#endif
         fi
       :: SD(w,p)>0 -> p=p+SD(w,p)*NSLOT;
#ifdef BADJUMP
          if :: ST(w)==FREE -> p=p-NSLOT+1 :: else -> p=p+1 fi;
#else
          if :: ST(w)==TAKEN || ST(w)==ORPHAN -> p=p+1 :: else -> p=p-NSLOT+1 fi;
#endif
          goto load
       :: SD(w,p)<0 ->
#ifdef TICKET
#ifdef TLITERAL
          assert(H==p && T<=p);     /* literal rule: EMPTY */
          p=0; w=0; goto idle
#else
          goto tlow
#endif
#else
          assert(H==p && T==p); p=0; w=0; goto idle
#endif
    fi );
#if defined(COPY) || defined(MIXED)
#ifdef MIXED
  if :: goto taken :: skip fi;
#endif
#ifdef COPYAFTER
  STEP( if :: word[IX(p)]==w -> word[IX(p)]=W(NX(LP(p)),0,0,0,FREE); assert(p==H); H++; e=cm[IX(p)]; status[e]=2; w=0; DIRTY()
           :: else -> goto load fi );
  STEP( c0=pay0[IX(p)]; assert(c0==e); c0=0; e=0 ); goto reset;
#endif
  STEP( c0=pay0[IX(p)] );
  STEP( c1=pay1[IX(p)] );
  STEP( if :: word[IX(p)]==w -> word[IX(p)]=W(NX(LP(p)),0,0,0,FREE); assert(p==H); H++;
              assert(c0==cm[IX(p)] && c1==c0 && status[c0]==1); status[c0]=2; c0=0; c1=0; w=0; DIRTY()
           :: else -> c0=0; c1=0; goto load fi );
#ifdef REALHINT
  STEP( hhint=p+1; assert(hhint<=H); DIRTY() );
#endif
  goto reset;
#endif
#ifndef COPY
taken:
  STEP( if :: word[IX(p)]==w -> word[IX(p)]=W(LP(p),RD(w),g,me,TAKEN); rd=RD(w); assert(p==H); H++; w=0; DIRTY()
           :: else -> goto load fi );
#ifdef REALHINT
  STEP( hhint=p+1; assert(hhint<=H); DIRTY() );
#endif
deliver:
  STEP( assert(pay0[IX(p)]==cm[IX(p)] && pay1[IX(p)]==cm[IX(p)]);
        assert(status[cm[IX(p)]]==1 || (rd && status[cm[IX(p)]]==2)); status[cm[IX(p)]]=2 );
  STEP( assert(word[IX(p)]==W(LP(p),rd,g,me,TAKEN)); word[IX(p)]=W(NX(LP(p)),0,0,0,FREE); DIRTY() );
  if :: inh -> atomic { inh=0; rd=0; p=0;
#ifdef LITFLAG
          s++; goto oscan }      /* literal: one scan collects all */
#else
          s=0; e=0; goto retry }
#endif
     :: else -> goto reset fi;
#endif
vcas:
  STEP( if :: word[IX(p)]==w -> word[IX(p)]=W(NX(LP(p)),0,0,0,FREE); assert(p==H); H++; w=0; p++; DIRTY(); goto load
           :: else -> goto load fi );
#ifdef TICKET
tfree:
  STEP( if :: T>p -> skip :: else -> assert(H==p && T<=p); p=0; w=0; goto idle fi );
  STEP( /* skip: budgeted while the ticket's holder lives and is still pending */
    if :: word[IX(p)]!=w -> goto load
       :: word[IX(p)]==w ->
          bool pnd; byte z2; pnd=false; z2=0;
          do :: z2<NP -> if :: pend[z2]==p+1 -> pnd=true :: else fi; z2++ :: else -> break od; z2=0;
          if :: !pnd -> word[IX(p)]=W(NX(LP(p)),0,0,0,FREE); assert(p==H); H++; w=0; p++; DIRTY(); goto load
             :: pnd && skips>0 -> pnd=false; skips--; word[IX(p)]=W(NX(LP(p)),0,0,0,FREE); assert(p==H); H++; w=0; p++; DIRTY(); goto load
             :: pnd -> pnd=false; p=0; w=0; goto idle
          fi
    fi );
tlow:
  STEP( if :: T>p -> skip /* BUSY */ :: else -> assert(H==p && T<=p) fi; p=0; w=0; goto idle );
#endif
idle:
  atomic { dirty[me] -> goto retry };
reset:
  atomic { p=0; w=0; rd=0; s=0; goto retry };
crashed:
  atomic { alive[me]=0; BZ p=0;s=0;g=0;c0=0;c1=0;e=0;seen=0;w=0;rd=0;inh=0; DIRTY(); goto start }
}

proctype R() {
  byte i, s, g; short w; bit orph;
r0:
  atomic { if :: DEAD(0) -> i=0 :: DEAD(1) -> i=1
#if NPART>2
    :: DEAD(2) -> i=2
#endif
#if NPART>3
    :: DEAD(3) -> i=3
#endif
    fi; g=rgen[i] }   /* kernel proof for (i,g) */
  RSTEP( if :: rgen[i]==g && rst[i]==1 -> rst[i]=2 :: rgen[i]==g && rst[i]==2 -> skip :: else -> goto rc0 fi );
scan:
  if :: s==NSLOT -> goto fin :: else fi;
rl:
  RSTEP( w=word[s];
    if :: OWN(w)==i && (GEN(w)==(g&GMASK)) && (ST(w)==CLAIMED || ST(w)==TAKEN) -> skip
       :: else -> if :: ST(w)==ORPHAN -> orph=1 :: else fi; s++; w=0; goto scan fi );
#ifndef NORECHECK
  RSTEP( if :: rgen[i]==g && rst[i]==2 -> skip :: else -> goto rc0 fi );
#endif
  RSTEP( if :: word[s]==w && ST(w)==CLAIMED -> word[s]=W(LAP(w),RD(w),GEN(w),OWN(w),VOID); s++; w=0; DIRTY(); goto scan
#ifdef DROP
            :: word[s]==w && ST(w)==TAKEN -> word[s]=W(NX(LAP(w)),0,0,0,FREE); s++; w=0; DIRTY(); goto scan
#else
            :: word[s]==w && ST(w)==TAKEN -> word[s]=W(LAP(w),RD(w),GEN(w),OWN(w),ORPHAN); orph=1; DIRTY()
#endif
            :: else -> w=0; goto rl fi );
#ifndef DROP
#ifdef LITFLAG
  RSTEP( orphans=1; DIRTY() );
#endif
#endif
  atomic { s++; w=0; goto scan };
fin:
#ifndef LITFLAG
  RSTEP( if :: orph -> orphans++; DIRTY() :: else fi );
#endif
  RSTEP( if :: rgen[i]==g && rst[i]==2 -> rst[i]=0; rgen[i]=g+1 :: else fi );
rc:
rc0:
  atomic { i=0; s=0; g=0; w=0; orph=0; goto r0 }
}

init {
  atomic {
    byte i;
    T=START; H=START; thint=START; hhint=START; i=0; do :: i<NSLOT -> word[i]=W(LP(START),0,0,0,FREE); i++ :: else -> break od;
    i=0; do :: i<NP -> run P(i); i++ :: else -> break od;
    do :: i<NPART -> run C(i); i++ :: else -> break od;
    i=0; do :: i<NREC -> run R(); i++ :: else -> break od; i=0
  }
  /* quiescence: nobody else can move */
  atomic { timeout ->
    byte k;
    k=0; do :: k<NSLOT -> assert(ST(word[k])==FREE); k++ :: else -> break od;
    assert(T==H);
    k=0; do :: k<NP -> assert(nxt[k]==MSGS); k++ :: else -> break od;
    k=1; do :: k<=NP*MSGS ->
#ifdef DROP
    skip;
#else
    assert(status[k]!=1);
#endif
    k++ :: else -> break od;
    k=0; do :: k<NPART -> assert(rst[k]==1 && alive[k]); k++ :: else -> break od
  }
}
